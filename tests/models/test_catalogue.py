"""What holds for every architecture, torchvision's included: those are built without weights."""

import sys

import pytest
import torch
from torch import nn

from convbench.errors import UserError
from convbench.models import ARCHITECTURES, architecture_names, architecture_of
from convbench.models.anatomy.cost import cost_of
from convbench.models.blocks import blocks_of
from convbench.models.meta import without_weights
from convbench.seeding import seeded

SMALL = [name for name in ARCHITECTURES if name.startswith("simple_cnn")] + ["resnet20", "plain20"]
SIZES = {"inception_v3": 299, "efficientnet_b7": 600, "vit_h_14": 518}  # others: 224


@pytest.fixture(params=SMALL)
def architecture(request):
    return ARCHITECTURES[request.param]


@pytest.fixture(params=architecture_names(), scope="module")
def weightless(request):
    """Name, architecture, network for seven classes and image size; built once for all tests."""
    entry, side = architecture_of(request.param), SIZES.get(request.param, 224)
    return entry, without_weights(entry.build, 7, side), side


def test_the_catalogue_holds_our_own_and_all_of_torchvisions():
    names = architecture_names()

    assert names[: len(ARCHITECTURES)] == list(ARCHITECTURES)
    assert len(names) == len(set(names)) == len(ARCHITECTURES) + 80
    assert {"alexnet", "vgg16_bn", "resnet152", "swin_v2_t", "maxvit_t", "plain34"} <= set(names)


def test_every_network_gives_one_logit_a_class_from_a_layer_that_its_entry_names(weightless):
    entry, network, side = weightless
    outputs = []
    hook = network.get_submodule(entry.head).register_forward_hook(
        lambda module, images, output: outputs.append(output)
    )

    logits = network.eval()(torch.empty(2, 3, side, side, device="meta"))
    hook.remove()

    assert logits.shape == (2, 7)
    assert [output.shape[:2] for output in outputs] == [(2, 7)]
    assert isinstance(network.get_submodule(entry.head), nn.Linear | nn.Conv2d)


def test_every_parameter_below_the_head_is_in_exactly_one_block(weightless):
    entry, network, _ = weightless
    blocks = blocks_of(network, entry)
    head = [id(parameter) for parameter in network.get_submodule(entry.head).parameters()]

    found = [id(parameter) for block in blocks.values() for parameter in block]

    assert sorted(found + head) == sorted(id(parameter) for parameter in network.parameters())
    assert len(blocks) >= 3
    assert all(any(p.ndim > 1 for p in block) for block in blocks.values()), "a norm alone"


def test_every_network_loads_plain_tensors_by_name(weightless):
    _, network, _ = weightless

    network.load_state_dict(dict(network.state_dict()))  # without the versions that torch adds


def test_every_entry_builds_in_its_familys_own_file(weightless):
    entry, _, _ = weightless
    source = sys.modules[entry.build.__module__].__file__

    assert "convbench/models/" in source
    assert not source.endswith(("__init__.py", "base.py"))


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(UserError, match=r"no architecture 'resnet19' .*'resnet18'.*simple_cnn.*vgg16"):
        architecture_of("resnet19")


@pytest.mark.parametrize("side", [8, 16, 33])
def test_every_small_network_returns_one_logit_a_class(architecture, side):
    logits = architecture.build(7, side).eval()(torch.rand(2, 3, side, side))

    assert logits.shape == (2, 7)


def test_every_small_network_starts_from_its_seed_alone(architecture):
    states = []
    for seed in (0, 0, 1):
        torch.rand(3)  # moves the global generator
        with seeded("weights", seed):
            states.append(architecture.build(7, 16).state_dict())

    same, other = (all(states[0][n].equal(state[n]) for n in state) for state in states[1:])
    assert same
    assert not other


@pytest.mark.parametrize("name", [*ARCHITECTURES, "alexnet", "resnet50", "densenet121", "mobilenet_v2"])
def test_multiply_adds_agree_with_a_count_by_hand(name):
    network = without_weights(architecture_of(name).build, 10, 64)
    by_hand = 0

    def count(module, _, output):
        nonlocal by_hand
        per_output = module.weight[0].numel()  # one kernel, or one row of the matrix
        by_hand += output.numel() * per_output

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    cost = cost_of(network, 64)

    assert cost.macs == by_hand
    assert cost.params_total == sum(p.numel() for p in network.parameters())


def test_counting_leaves_the_network_as_it_was(architecture):
    network = architecture.build(10, 16).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    cost_of(network, 16)

    assert network.training
    assert all(tensor.equal(before[name]) for name, tensor in network.state_dict().items())
