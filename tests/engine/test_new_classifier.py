from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn

from convbench.engine.batches import Images, Standardise
from convbench.engine.new_classifier import fold_scaling, prepare_classifier

CHANNELS = Standardise((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
IMAGES = Images(
    np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8),
    np.arange(5, 30),
    np.zeros(25, np.int64),
)


def network(classifier):
    torch.manual_seed(0)
    maps = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    scaled = nn.Linear(6, 6)
    with torch.no_grad():
        scaled.weight.copy_(torch.diag(torch.tensor([100.0, 10, 1, 0.1, 0.01, 0])))
    return nn.Sequential(maps, scaled, classifier)


def inputs():
    return CHANNELS(torch.from_numpy(IMAGES.pixels[IMAGES.rows]).permute(0, 3, 1, 2).float() / 255)


def test_features_are_standardised_as_scikit_learn_does():
    classifier = nn.Linear(6, 3)
    net = network(classifier)
    features = net[:2](inputs()).detach().double()
    prepare_classifier(net, classifier, IMAGES, CHANNELS)

    seen = []
    classifier.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    net(inputs())

    expected = StandardScaler().fit_transform(features)
    as_of_512 = seen[0].detach().numpy() * np.sqrt(6 / 512)
    np.testing.assert_allclose(as_of_512, expected, atol=2e-4)
    assert np.abs(expected[:, :5].std(axis=0) - 1).max() < 1e-6
    assert not seen[0][:, 5].any(), "a feature that does not vary is only shifted"


def test_the_first_probabilities_are_equal():
    net = network(nn.Linear(6, 3))
    prepare_classifier(net, net[2], IMAGES, CHANNELS)

    assert net(inputs()).softmax(dim=1).detach() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "classifier", [nn.Linear(6, 3), nn.Sequential(nn.Dropout(), nn.Linear(6, 5), nn.Linear(5, 3))]
)
def test_folding_leaves_the_logits_and_the_networks_own_layers(classifier):
    net = network(classifier)
    names = list(net.state_dict())
    prepare_classifier(net, classifier, IMAGES, CHANNELS)
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.copy_(torch.randn_like(parameter))
    copied = deepcopy(net).eval()
    before = copied(inputs())

    fold_scaling(copied)

    torch.testing.assert_close(copied(inputs()), before, rtol=1e-3, atol=1e-3)
    rebuilt = network(deepcopy(classifier)).eval()
    for module in rebuilt.modules():
        module._forward_pre_hooks.clear()
    assert list(copied.state_dict()) == names
    rebuilt.load_state_dict(copied.state_dict())
    assert rebuilt(inputs()).equal(copied(inputs()))


def test_a_classifier_without_a_linear_layer_stays_as_it_is():
    classifier = nn.Sequential(nn.Unflatten(1, (6, 1, 1)), nn.Conv2d(6, 3, 1), nn.Flatten())
    net = network(classifier).eval()
    before = net(inputs())

    prepare_classifier(net, classifier, IMAGES, CHANNELS)

    assert net(inputs()).equal(before)


def test_it_takes_time():
    net = network(nn.Linear(6, 3))

    wall, cpu = prepare_classifier(net, net[2], IMAGES, CHANNELS)

    assert wall > 0
    assert cpu > 0
