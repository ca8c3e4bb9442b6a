"""The new classifier of every architecture can learn.

Nothing follows it, and its initial weights are sound. The whole catalogue:
``CONVBENCH_WHOLE_CATALOGUE=1 pytest tests/models/test_heads.py``.
"""

import os

import pytest
import torch
from torch.nn import functional as F

from convbench.models import architecture_names, architecture_of
from convbench.models.facts import facts_of
from convbench.models.meta import without_weights
from convbench.vision import torchvision

CLASSES, IMAGES, STEPS = 4, 32, 30
LR = 0.001
WHOLE = bool(os.environ.get("CONVBENCH_WHOLE_CATALOGUE"))
SMALL = [
    "simple_cnn", "simple_cnn_average", "simple_cnn_strided", "simple_cnn_global", "simple_cnn_pyramid",
    "resnet20", "plain20", "plain18",
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet",
    "inception_v3", "maxvit_t", "mnasnet0_5", "mnasnet1_3", "mobilenet_v2", "mobilenet_v3_large",
    "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d",
    "shufflenet_v2_x0_5", "squeezenet1_0", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vgg11_bn",
    "vit_b_32", "wide_resnet50_2",
]  # fmt: skip
NETWORKS = architecture_names() if WHOLE else SMALL


def side_of(name):
    known = facts_of(name)
    return 32 if known is None else known.least + known.step * -(-max(0, 32 - known.least) // known.step)


@torch.no_grad()
def around_the_head(network, head, side):
    """Return the shape of what the head gets, and what the network makes of a head's -1, -1, ..."""
    seen = []

    def replaced(module, inputs, output):
        seen.append(inputs[0].shape)
        return torch.full(output.shape, -1.0)

    network.eval().get_submodule(head).register_forward_hook(replaced)
    logits = network(torch.empty(IMAGES, 3, side, side, device="meta"))
    return seen[0], logits


@pytest.mark.parametrize("name", NETWORKS)
def test_the_output_of_the_classifier_are_the_logits(name):
    entry, side = architecture_of(name), side_of(name)

    _, logits = around_the_head(without_weights(entry.build, CLASSES, side), entry.head, side)

    assert logits.device.type == "cpu", "something beside the classifier reaches the output"
    assert logits.equal(torch.full((IMAGES, CLASSES), -1.0))


def test_the_published_squeezenet_ends_in_a_relu():
    build = architecture_of("squeezenet1_0").published

    _, logits = around_the_head(without_weights(build, CLASSES, 64), "classifier.1", 64)

    assert logits.equal(torch.zeros(IMAGES, CLASSES))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_new_classifier_learns_features_that_separate_the_classes(name):
    entry, side = architecture_of(name), side_of(name)
    shape, _ = around_the_head(without_weights(entry.build, CLASSES, side), entry.head, side)
    torch.manual_seed(0)
    head = entry.build(CLASSES, side).get_submodule(entry.head)
    labels = torch.arange(IMAGES) % CLASSES
    centres = torch.rand(CLASSES, *shape[1:])
    features = centres[labels] + 0.1 * torch.rand(shape)
    optimizer = torch.optim.AdamW(head.parameters(), lr=LR)

    losses = []
    for _ in range(STEPS):
        loss = F.cross_entropy(head(features), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[0] < 2 * torch.tensor(CLASSES).log(), "the initial logits are far from zero"
    assert losses[-1] < 0.8 * losses[0]


def test_published_weights_of_a_squeezenet_give_torchvisions_logits():
    torch.manual_seed(0)
    theirs = torchvision.models.squeezenet1_1(num_classes=CLASSES).eval()
    ours = architecture_of("squeezenet1_1").published(CLASSES, 64).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 64, 64)

    assert ours(images).equal(theirs(images))
