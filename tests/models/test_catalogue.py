import pytest
import torch
from torch import nn

from convbench.models import ARCHITECTURES
from convbench.models.cost import cost_of
from convbench.seeding import seeded


@pytest.fixture(params=ARCHITECTURES)
def architecture(request):
    return ARCHITECTURES[request.param]


@pytest.mark.parametrize("side", [8, 16, 33])
def test_every_architecture_returns_one_logit_a_class(architecture, side):
    logits = architecture.build(7, side).eval()(torch.rand(2, 3, side, side))

    assert logits.shape == (2, 7)


def test_every_head_is_a_linear_layer_that_gives_the_logits(architecture):
    network = architecture.build(7, 16)

    assert network.get_submodule(architecture.head).out_features == 7


def test_every_architecture_starts_from_its_seed_alone(architecture):
    states = []
    for seed in (0, 0, 1):
        torch.rand(3)  # moves the global generator
        with seeded("weights", seed):
            states.append(architecture.build(7, 16).state_dict())

    same, other = (all(states[0][n].equal(state[n]) for n in state) for state in states[1:])
    assert same
    assert not other


def test_multiply_adds_agree_with_a_count_by_hand(architecture):
    network = architecture.build(10, 16)
    by_hand = 0

    def count(module, _, output):
        nonlocal by_hand
        per_output = module.weight[0].numel()  # one kernel, or one row of the matrix
        by_hand += output.numel() * per_output

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    cost = cost_of(network, 16)

    assert cost.macs == by_hand
    assert cost.params_total == sum(p.numel() for p in network.parameters())


def test_counting_leaves_the_network_as_it_was(architecture):
    network = architecture.build(10, 16).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    cost_of(network, 16)

    assert network.training
    assert all(tensor.equal(before[name]) for name, tensor in network.state_dict().items())
