"""The learning-rate range test: train a copy while the learning rate grows, and watch the loss.

*Cyclical Learning Rates for Training Neural Networks* (Smith 2017, section 3.3). It uses training images
alone, and only the learning rate that it chooses reaches the training that follows.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Tensor

from convbench.engine.batches import batches
from convbench.engine.loop import Trainer
from convbench.engine.optimizer import set_lrs
from convbench.phases import Phase
from convbench.seeding import generator, seeded

STEPS = 100
LOWEST, HIGHEST = 1e-6, 1.0
_SMOOTHING = 0.9
_DIVERGED = 4.0
"""Ratio of the loss to the lowest loss at which the test ends."""


@dataclass(frozen=True)
class RangeTest:
    """The curve of a range test, and the learning rate chosen from it."""

    lrs: list[float]
    losses: list[float]
    """Smoothed: an exponential average over steps, corrected for its start."""
    chosen_lr: float
    """A tenth of the learning rate with the lowest loss: the loss still falls fast there, and safely."""


def range_test(trainer: Trainer, phase_at: Callable[[float], Phase]) -> RangeTest:
    """Train a copy while the learning rate grows from ``LOWEST`` to ``HIGHEST`` over ``STEPS`` steps.

    ``phase_at`` returns the phase to test at a learning rate of the classifier. Parameters that learn in
    the phase's first epoch learn here; those that start later stay frozen. Each step is a training step:
    it clips gradients and averages weights if asked (averaging does not change the curve).
    Only the schedule is left out, because the test sets the learning rates itself.
    """
    step = replace(trainer.trial(phase_at(LOWEST)), scheduler=None)
    lrs, losses = [], []
    augmentation = generator(trainer.run, "range test augmentation")
    with seeded(trainer.run, "range test dropout"):
        for lr, (x, y) in zip(_lrs(), _endless_batches(trainer), strict=False):
            set_lrs(step.optimizer, (group.lr for group in phase_at(lr).groups))
            output = step(*trainer.prepare(x, y, augmentation))
            lrs.append(lr)
            losses.append(output.loss.item())
            if not math.isfinite(losses[-1]) or losses[-1] > _DIVERGED * min(losses):
                break
    return choose(lrs, losses)


def choose(lrs: Sequence[float], losses: Sequence[float]) -> RangeTest:
    """Smooth a curve of raw losses; choose a tenth of the learning rate with the lowest smoothed loss.

    The curve ends before the first loss that is not finite.
    """
    average, smooth = 0.0, []
    for step, loss in enumerate(losses, start=1):
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        smooth.append(average / (1 - _SMOOTHING**step))
    finite = [(loss, lr) for loss, lr in zip(smooth, lrs, strict=True) if math.isfinite(loss)]
    shown = len(finite)
    return RangeTest(list(lrs[:shown]), smooth[:shown], min(finite)[1] / 10)


def _lrs() -> Iterator[float]:
    for step in range(STEPS):
        yield LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1))


def _endless_batches(trainer: Trainer) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches of training images, over and over."""
    for epoch in count():
        order = torch.randperm(
            len(trainer.train), generator=generator(trainer.run, "range test order", epoch)
        )
        yield from batches(trainer.train, trainer.batch_size, trainer.device, order)
