import pytest
import torch
from torch.nn import functional as F

from convbench.engine.loop import train_mode
from convbench.engine.optimiser import make_optimiser
from convbench.models import ARCHITECTURES
from convbench.strategies import STRATEGIES

MOVES = {"scratch": "everything", "feature_extraction": "head", "fine_tune": "everything"}


def _step(architecture, strategy):
    """Take one step; return what the strategy and the step did."""
    entry = ARCHITECTURES[architecture]
    network = entry.build(4, 16)
    groups = STRATEGIES[strategy].groups(network, entry.head, 0.1, 0.01)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimiser = make_optimiser("sgd", [(g.parameters, g.lr) for g in groups], 0.0, 0.0)
    train_mode(network)
    F.cross_entropy(network(torch.rand(8, 3, 16, 16)), torch.arange(8) % 4).backward()
    optimiser.step()
    after = network.state_dict()
    return entry.head, groups, network, {n for n in after if not after[n].equal(before[n])}


def test_every_strategy_has_an_expectation_here():
    assert MOVES.keys() == STRATEGIES.keys()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_step_moves_what_the_strategy_says_and_no_frozen_statistic(architecture, strategy):
    head, _, network, moved = _step(architecture, strategy)

    expected = set(network.state_dict())
    if MOVES[strategy] == "head":
        expected = {name for name in expected if name.startswith(f"{head}.")}
    assert moved == expected


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_learning_parameter_is_in_one_group(strategy):
    _, groups, network, _ = _step("resnet20", strategy)

    listed = [id(parameter) for group in groups for parameter in group.parameters]
    learning = [id(parameter) for parameter in network.parameters() if parameter.requires_grad]
    assert sorted(listed) == sorted(learning)


def test_fine_tuning_gives_the_body_the_smaller_rate():
    _, groups, network, _ = _step("resnet20", "fine_tune")

    rates = {id(p): group.lr for group in groups for p in group.parameters}
    assert rates[id(network.head.weight)] == 0.1
    assert rates[id(network.head.bias)] == 0.1
    assert rates[id(network.stem[0].weight)] == 0.01
