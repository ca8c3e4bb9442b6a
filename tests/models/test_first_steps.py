"""Every architecture learns at its default hyperparameters, from random weights, in a few steps.

Here thirty of them; the whole catalogue, ninety-odd networks, takes half an hour and 16 GB:
``CONVBENCH_WHOLE_CATALOGUE=1 pytest -n 0 tests/models/test_first_steps.py``.
"""

import os

import pytest
import torch
from tests.models.test_heads import SMALL, side_of
from torch.nn import functional as F

from convbench.config.grid import Grid
from convbench.engine.optimizer import make_optimizer
from convbench.engine.step import TrainingStep
from convbench.models import architecture_names, architecture_of
from convbench.planning.runs import runs_of

CLASSES, IMAGES, STEPS = 3, 6, 8
HEAVY = ("maxvit_t", "resnet50", "resnext50_32x4d", "vgg11", "wide_resnet50_2")
WHOLE = bool(os.environ.get("CONVBENCH_WHOLE_CATALOGUE"))
NETWORKS = architecture_names() if WHOLE else [name for name in SMALL if name not in HEAVY]


def _defaults(name):
    grid = {
        "name": "first_steps",
        "image_size": 224,
        "tasks": ["digits@200"],
        "architectures": [name],
        "strategies": ["scratch"],
        "augmentations": ["none"],
        "seeds": [0],
    }
    (spec,) = runs_of(Grid.parse(grid, "here"))
    return spec.hyperparameters


def _separable(side):
    """Return images whose classes differ in colour, standardised, and their labels."""
    labels = torch.arange(IMAGES) % CLASSES
    images = 0.3 * torch.randn(IMAGES, 3, side, side)
    images[torch.arange(IMAGES), labels] += 1.5
    return images, labels


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_falls_at_the_default_rate(name):
    torch.manual_seed(0)
    chosen, side = _defaults(name), side_of(name)
    network = architecture_of(name).build(CLASSES, side).train()
    groups = [(network.parameters(), chosen.lr)]
    optimizer = make_optimizer(chosen.optimizer, groups, chosen.momentum, chosen.weight_decay)
    step = TrainingStep(network, F.cross_entropy, optimizer)
    images, labels = _separable(side)

    losses = [step(images, labels).loss.item() for _ in range(STEPS)]

    assert all(torch.tensor(losses).isfinite())
    assert min(losses[-3:]) < 0.97 * losses[0], losses
