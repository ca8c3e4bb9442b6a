"""The learning-rate range test: train a copy while the rate grows, and watch the loss.

*Cyclical Learning Rates for Training Neural Networks* (Smith 2017, section 3.3). It sees training images
alone, and nothing of it but the rate that it chose reaches the training that follows.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from convbench.engine.batches import batches
from convbench.engine.loop import Phase, Trainer
from convbench.engine.modes import freeze_all_but, train_mode
from convbench.engine.optimiser import make_optimiser
from convbench.seeding import generator, seeded

STEPS = 100
LOWEST, HIGHEST = 1e-6, 1.0
_SMOOTHING = 0.9
_DIVERGED = 4.0
"""Times the lowest loss, at which there is nothing more to see."""


@dataclass(frozen=True)
class RangeTest:
    """A curve, and what was read off it."""

    rates: list[float]
    losses: list[float]
    """Smoothed: an exponential average over steps, corrected for its start."""
    chosen: float
    """A tenth of the rate at which the loss was lowest: where it still falls fast, and safely."""


def range_test(trainer: Trainer, phase_at: Callable[[float], Phase]) -> RangeTest:
    """Grow the rate from ``LOWEST`` to ``HIGHEST`` over ``STEPS`` steps, on a copy of the network.

    ``phase_at`` gives the groups at a rate of the head; all that they hold learns from the first step,
    but what waits for a later epoch.
    """
    parameters = dict(trainer.network.named_parameters())
    names = {id(parameter): name for name, parameter in parameters.items()}
    network = deepcopy(trainer.network)
    own = dict(network.named_parameters())
    groups = [
        [own[names[id(parameter)]] for parameter in group.parameters]
        for group in phase_at(LOWEST).groups
        if group.start == 1
    ]
    recipe = trainer.recipe
    optimiser = make_optimiser(
        recipe.optimizer, [(each, LOWEST) for each in groups], recipe.momentum, recipe.weight_decay
    )
    freeze_all_but(network, (parameter for each in groups for parameter in each))
    train_mode(network)
    rates, losses = [], []
    draw = generator(trainer.run, "range test augmentation")
    with seeded(trainer.run, "range test dropout"):
        for rate, (x, y) in zip(_rates(), _endless(trainer), strict=False):
            started = [group.lr for group in phase_at(rate).groups if group.start == 1]
            for place, lr in enumerate(started):
                for half in optimiser.param_groups[2 * place : 2 * place + 2]:
                    half["lr"] = lr
            x, target = trainer.augment(x, y, draw)
            loss = trainer.loss(network(trainer.standardise(x)), target)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            rates.append(rate)
            losses.append(loss.item())
            if not math.isfinite(losses[-1]) or losses[-1] > _DIVERGED * min(losses):
                break
    return choose(rates, losses)


def choose(rates: Sequence[float], losses: Sequence[float]) -> RangeTest:
    """Smooth a curve of raw losses and choose a rate: a tenth of where the smoothed loss is lowest."""
    average, smooth = 0.0, []
    for step, loss in enumerate(losses, start=1):
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        smooth.append(average / (1 - _SMOOTHING**step))
    finite = [(loss, rate) for loss, rate in zip(smooth, rates, strict=True) if math.isfinite(loss)]
    shown = len(finite)
    return RangeTest(list(rates[:shown]), smooth[:shown], min(finite)[1] / 10)


def _rates() -> Iterator[float]:
    for step in range(STEPS):
        yield LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1))


def _endless(trainer: Trainer) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches of training images, over and over."""
    device = next(trainer.network.parameters()).device
    for turn in count():
        order = torch.randperm(
            len(trainer.train), generator=generator(trainer.run, "range test order", turn)
        )
        yield from batches(trainer.train, trainer.batch_size, device, order)
