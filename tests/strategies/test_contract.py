"""Every architecture with every strategy: it builds, takes a step, moves what it should, and is kept.

Here with a small member of each family; the whole catalogue, ninety-odd networks, takes a while:
``CONVBENCH_WHOLE_CATALOGUE=1 pytest tests/strategies/test_contract.py``.
"""

import os
from functools import lru_cache

import pytest
import torch
from torch.nn import functional as F

from convbench.engine.modes import freeze_all_but, train_mode
from convbench.engine.optimizer import make_optimizer
from convbench.models import ARCHITECTURES, architecture_names, architecture_of
from convbench.models.blocks import blocks_of
from convbench.models.sizes import too_small
from convbench.models.weights.files import Normalisation, load_weights, save_weights
from convbench.strategies import STRATEGIES, strategy_of
from convbench.strategies.base import Parts, Rates

CLASSES, EPOCHS = 4, 5
RATES = Rates(lr=3e-5, backbone_lr=1e-5, probe_lr=2e-5, probe_epochs=2, unfreeze_every=1)
SIZES = (32, 28, 64, 96, 128, 224)
SMALL = [
    *(name for name in ARCHITECTURES if not name.endswith(("32", "44", "56", "110", "34"))),
    *("alexnet", "vgg11_bn", "resnet18", "squeezenet1_1", "densenet121", "googlenet", "inception_v3"),
    *("mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5", "efficientnet_b0"),
    *("regnet_y_400mf", "convnext_tiny", "swin_t", "vit_b_32"),
]
WHOLE = bool(os.environ.get("CONVBENCH_WHOLE_CATALOGUE"))
NETWORKS = architecture_names() if WHOLE else SMALL
WAYS = [*STRATEGIES, "fine_tune_last_1", "fine_tune_last_2"]


def _blocks_that_move(way, count):
    """Say block by block, from the input up, what the first and the last epoch of a strategy move."""
    nothing, everything = [False] * count, [True] * count
    return {
        "scratch": (everything, everything),
        "feature_extraction": (nothing, nothing),
        "fine_tune": (everything, everything),
        "fine_tune_last_1": ([*[False] * (count - 1), True],) * 2,
        "fine_tune_last_2": ([*[False] * (count - 2), True, True],) * 2,
        "probe_then_fine_tune": (nothing, everything),
        "gradual_unfreeze": (nothing, [count - place <= EPOCHS - 1 for place in range(count)]),
        "evaluate": (nothing, nothing),
    }[way]


@lru_cache(maxsize=1)
def _built(name):
    """Build a network at the first size that it takes; all strategies are tried on the same one."""
    entry = architecture_of(name)
    side = next(side for side in SIZES if not too_small(entry, CLASSES, side))
    torch.manual_seed(0)
    network = entry.build(CLASSES, side)
    head = list(network.get_submodule(entry.head).parameters())
    with torch.no_grad():
        head[0].normal_(0, 0.1)  # a ViT's starts at zero, which lets no gradient through
        for bias in head[1:]:  # MaxViT's has none
            bias.fill_(1.0)  # SqueezeNet's ends in a ReLU, which could be dead
    return entry, side, network, head


def _learning(phase, epoch):
    return [p for group in phase.groups if group.start <= epoch for p in group.parameters]


def _same(one, other):
    """Tell whether two moments of a strategy are of one phase, with the same parameters learning."""
    sides = [{id(parameter) for parameter in _learning(*moment)} for moment in (one, other)]
    return one[0] is other[0] and sides[0] == sides[1]


def _step(network, side, phase, epoch):
    """Take one step as the trainer does in an epoch of a phase; return the names of what moved."""
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    groups = [(group.parameters, group.lr) for group in phase.groups]
    optimizer = make_optimizer("adamw", groups, 0.9, 0.0)
    network.zero_grad(set_to_none=True)
    freeze_all_but(network, _learning(phase, epoch))
    train_mode(network)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        logits = network(torch.rand(4, 3, side, side))
    # Smoothed: four images are soon all right, and then VGG's gradient is too small to move anything.
    F.cross_entropy(logits, torch.tensor([0, 1, 1, 2]), label_smoothing=0.1).backward()
    optimizer.step()
    after = network.state_dict()
    return {name for name in after if not after[name].equal(before[name])}


def _check_moves(network, blocks, head, moved, allowed, expected):
    name_of = {id(parameter): name for name, parameter in network.named_parameters()}
    for (block, parameters), moves in zip(blocks.items(), expected, strict=True):
        names = {name_of[id(parameter)] for parameter in parameters}
        assert bool(names & moved) == moves, block
        assert (names <= allowed) == moves, block
    weights = set(name_of.values())
    assert moved & weights <= allowed
    learning_modules = {name.rpartition(".")[0] for name in allowed}
    assert {name.rpartition(".")[0] for name in moved - weights} <= learning_modules
    assert any(name.startswith(f"{head}.") for name in moved)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_strategy_moves_what_it_says_and_the_network_is_kept(name, tmp_path):
    """Parameters by block, in the first and the last epoch; no statistic of a frozen BatchNorm."""
    entry, side, network, head = _built(name)
    blocks = blocks_of(network, entry)
    name_of = {id(parameter): key for key, parameter in network.named_parameters()}
    parts = Parts(list(blocks.values()), head)
    for way in WAYS:
        phases = strategy_of(way).phases(parts, RATES, EPOCHS)
        if not phases:
            assert way == "evaluate"
            continue
        moments = [(phases[0], 1), (phases[-1], phases[-1].epochs)]
        first, last = _blocks_that_move(way, len(blocks))
        if _same(*moments):  # the same step again would move the same
            assert first == last
            moments.pop()
        for (phase, epoch), expected in zip(moments, (first, last), strict=False):
            moved = _step(network, side, phase, epoch)
            allowed = {name_of[id(p)] for p in _learning(phase, epoch)}
            _check_moves(network, blocks, entry.head, moved, allowed, expected)
    _check_kept(name, network, side, tmp_path)


def _check_kept(name, network, side, folder):
    """Save, load into a new network, and predict the same."""
    entry = architecture_of(name)
    path = folder / "kept.safetensors"
    save_weights(path, network.state_dict(), Normalisation((0.5,) * 3, (0.2,) * 3))
    again = entry.build(CLASSES, side)
    load_weights(again, entry.head, path, with_classifier=True)
    path.unlink()
    images = torch.rand(2, 3, side, side)
    with torch.no_grad():
        assert again.eval()(images).equal(network.eval()(images))
