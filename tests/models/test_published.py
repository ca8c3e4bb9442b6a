import pytest
import torch

from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.models.facts import torchvision_names
from convbench.models.weights.published import our_name, published_weights
from convbench.vision import torchvision


def test_weights_are_described_as_torchvision_does():
    found = published_weights("resnet50", "v1")

    assert found.version == "IMAGENET1K_V1"
    assert found.url == "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    assert (found.file_name, found.digest_prefix) == ("resnet50-0676ba61.pth", "0676ba61")
    assert (found.mean, found.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (found.image_size, found.classes, found.parameters) == (224, 1000, 25_557_032)
    assert found.accuracy == 76.130


@pytest.mark.parametrize(("version", "accuracy"), [(None, 80.858), ("v2", 80.858), ("v1", 76.130)])
def test_without_a_version_torchvisions_default_is_taken(version, accuracy):
    assert published_weights("resnet50", version).accuracy == accuracy


@pytest.mark.parametrize("name", torchvision_names())
def test_every_version_has_a_digest_and_a_normalisation(name):
    for entry in torchvision.models.get_model_weights(name):
        found = published_weights(name, entry.name.removeprefix("IMAGENET1K_").lower())

        assert found.version == entry.name
        assert found.file_name.endswith(f"-{found.digest_prefix}.pth")
        assert len(found.digest_prefix) >= 8
        assert len(found.mean) == len(found.std) == 3


def test_weights_of_a_body_alone_have_no_classes_and_no_accuracy():
    found = published_weights("vgg16", "features")

    assert (found.classes, found.accuracy) == (0, None)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("resnet18", "v2", "no weights 'v2' are published for 'resnet18'; there are v1"),
        ("vit_b_16", "v7", "there are v1, swag_e2e_v1, swag_linear_v1"),
        ("plain18", None, "no weights are published for 'plain18'; they are for .*alexnet"),
    ],
)
def test_the_error_for_unknown_weights_lists_the_known_ones(name, version, message):
    with pytest.raises(UserError, match=message):
        published_weights(name, version)


@pytest.mark.parametrize(("name", "first"), [("googlenet", "conv1"), ("inception_v3", "Conv2d_1a_3x3")])
def test_what_their_first_layer_gets_is_what_torchvision_gives_it(name, first):
    images, found = torch.rand(2, 3, 80, 80), published_weights(name, None)
    preset = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    theirs = torchvision.models.get_model(
        name, weights=None, aux_logits=False, init_weights=False, transform_input=True
    )

    def arriving(network, mean, std):
        standardised = (images - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
        arrived = []
        layer = network.eval().get_submodule(first)
        layer.register_forward_pre_hook(lambda module, inputs: arrived.append(inputs[0]))
        network(standardised)
        return arrived[0]

    ours = arriving(architecture_of(name).build(5, 80), found.mean, found.std)

    torch.testing.assert_close(ours, arriving(theirs, preset.mean, preset.std))


class FileOfWeights:
    """Stands for torchvision's entry: gives a state instead of downloading one."""

    def __init__(self, state):
        self.state = state

    def get_state_dict(self, **_):
        return dict(self.state)


def test_densenets_old_names_become_those_that_torchvision_loads():
    from torchvision.models.densenet import _load_state_dict

    network = torchvision.models.densenet121(num_classes=5)
    state = {n: t for n, t in network.state_dict().items() if not n.endswith("tracked")}
    old = {name.replace("norm1", "norm.1").replace("conv2", "conv.2"): name for name in state}

    published = FileOfWeights({name: state[ours] for name, ours in old.items()})
    _load_state_dict(network, published, progress=False)  # its own proof that these are the old names

    assert list(old) != list(state)
    assert [our_name(name) for name in old] == list(state)


def test_vits_old_names_become_those_that_torchvision_loads():
    network = torchvision.models.vision_transformer.VisionTransformer(32, 16, 2, 2, 8, 16, num_classes=5)
    names = list(network.state_dict())
    old = [name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2.") for name in names]

    network.load_state_dict(dict(zip(old, network.state_dict().values(), strict=True)))

    assert old != names
    assert [our_name(name) for name in old] == names


def test_all_other_names_stay_as_they_are():
    kept = {
        name
        for model in ("resnet50", "swin_t", "maxvit_t", "densenet121")
        for name in torchvision.models.get_model(model, weights=None).state_dict()
    }

    assert {name for name in kept if our_name(name) != name} == set()
