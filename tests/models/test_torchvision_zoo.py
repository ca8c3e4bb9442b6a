from copy import deepcopy

import pytest
import torch
from torch import nn

from convbench.models import architecture_of
from convbench.models.anatomy.cost import cost_of
from convbench.models.facts import torchvision_names
from convbench.models.meta import without_weights
from convbench.models.weights.published import published_weights
from convbench.vision import torchvision

PEERS = {  # ../shared/docs/peers.md: 1,000 classes
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "squeezenet1_0": 1_248_424,
}
AUXILIARY = {"inception_v3": 3_326_696}  # counted in by torchvision
ONE_OF_A_FAMILY = [
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "maxvit_t",
    "mnasnet0_5",
    "mobilenet_v3_large",
    "regnet_y_400mf",
    "resnet50",
    "shufflenet_v2_x1_0",
    "squeezenet1_0",
    "swin_v2_t",
    "vgg16",
    "vit_b_32",
]


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", PEERS)
def test_parameter_counts_are_the_papers(name):
    assert parameters(without_weights(architecture_of(name).build, 1000, 224)) == PEERS[name]


@pytest.mark.parametrize("name", torchvision_names())
def test_parameter_counts_are_those_that_torchvision_publishes(name):
    published = published_weights(name, None)

    network = without_weights(architecture_of(name).build, 1000, published.image_size)

    assert parameters(network) == published.parameters - AUXILIARY.get(name, 0)


@pytest.mark.parametrize("name", ONE_OF_A_FAMILY)
def test_multiply_adds_are_those_that_torchvision_publishes(name):
    entry = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    side = entry.transforms().crop_size[0]

    architecture = architecture_of(name)
    build = architecture.published or architecture.build
    macs = cost_of(without_weights(build, 1000, side), side).macs

    assert round(macs / 1e9, 3) == entry.meta["_ops"]


def test_a_resnet_for_small_images_keeps_their_resolution():
    network = architecture_of("resnet18").build(10, 32).eval()

    assert parameters(network) == 11_173_962
    stem = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
    assert stem(torch.rand(2, 3, 32, 32)).shape == (2, 64, 32, 32)
    fan_out = 64 * 9
    assert network.conv1.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.05)


def test_every_residual_network_has_the_small_stem_below_64_pixels_and_no_other_network():
    with_stem = {name for name in torchvision_names() if architecture_of(name).small_below}

    assert with_stem == {name for name in torchvision_names() if "resne" in name}
    for name in ("resnet50", "wide_resnet50_2", "resnext50_32x4d"):
        kernels = [
            without_weights(architecture_of(name).build, 10, side).conv1.kernel_size for side in (63, 64)
        ]
        assert kernels == [(3, 3), (7, 7)]


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_classifiers_are_off_in_training_too(name):
    network = without_weights(architecture_of(name).build, 7, 299).train()

    logits = network(torch.empty(2, 3, 299, 299, device="meta"))

    assert logits.shape == (2, 7)
    assert not [child for child, _ in network.named_children() if "aux" in child.lower()]


def test_initial_weights_are_torchvisions():
    torch.manual_seed(3)
    ours = architecture_of("resnet18").build(10, 64)
    torch.manual_seed(3)
    theirs = torchvision.models.resnet18(weights=None, num_classes=10)

    states = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    assert all(one.equal(other) for one, other in states)


def test_a_mnasnet_loads_plain_tensors_and_can_be_copied():
    network = architecture_of("mnasnet0_5").build(5, 32).eval()
    copied = deepcopy(network)
    tensors = {name: torch.full_like(tensor, 2) for name, tensor in network.state_dict().items()}

    copied.load_state_dict(tensors)

    assert all(tensor.eq(2).all() for tensor in copied.state_dict().values())
    assert not network.get_parameter("layers.0.weight").eq(2).any()
