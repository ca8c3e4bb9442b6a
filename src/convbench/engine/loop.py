"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from convbench.engine.batches import Images, Standardise, batches
from convbench.engine.evaluate import evaluate
from convbench.engine.objective import Objective
from convbench.seeding import generator, seeded


class Diverged(Exception):  # noqa: N818 (an outcome, not an error)
    """The loss stopped being a number."""


@dataclass(frozen=True)
class Epoch:
    """One line of a run's history."""

    epoch: int
    """From 1."""
    lr: float
    """Of the head, at the epoch's first step."""
    train_loss: float
    """Mean over the images, augmented, each before the step that it took part in."""
    train_accuracy: float | None
    """``None`` where an image may carry several labels."""
    val_loss: float
    val_score: float
    """What chooses the best epoch: accuracy, unless the dataset is scored otherwise."""
    val_accuracy: float | None
    seconds: float
    """Of wall time in training steps: no evaluation, no loading."""
    cpu_seconds: float
    """Of CPU time in the same steps, over all threads."""


@dataclass
class _Tally:
    """Sums over one epoch's training steps."""

    loss: float = 0.0
    right: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    _started: tuple[float, float] = field(default=(0.0, 0.0), repr=False)

    def start(self) -> None:
        self._started = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        wall, cpu = self._started
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu


@dataclass(frozen=True)
class Trainer:
    """A network and all that it is trained with."""

    network: nn.Module
    optimiser: Optimizer
    schedule: LRScheduler
    train: Images
    val: Images
    standardise: Standardise
    objective: Objective
    score: str
    """The name of the score that chooses the best epoch."""
    augment: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
    batch_size: int
    run: str
    """The run's id: with an epoch's number, the seed of all that is random in that epoch."""

    def epochs(self, count: int) -> Iterator[Epoch]:
        """Train for ``count`` epochs, yielding after each one.

        Raises ``Diverged`` where the training or the validation loss is not finite.
        """
        self._warm_up()
        for number in range(1, count + 1):
            lr = self.optimiser.param_groups[-1]["lr"]
            tally = self._train(number)
            result = evaluate(self.network, self.val, self.standardise, self.objective)
            train_loss = tally.loss / tally.seen
            for name, loss in (("training", train_loss), ("validation", result.loss)):
                if not math.isfinite(loss):
                    raise Diverged(f"the {name} loss became {loss} in epoch {number}")
            yield Epoch(
                epoch=number,
                lr=lr,
                train_loss=train_loss,
                train_accuracy=tally.right / tally.seen if self.objective.right else None,
                val_loss=result.loss,
                val_score=result.scores[self.score],
                val_accuracy=result.scores.get("accuracy"),
                seconds=tally.seconds,
                cpu_seconds=tally.cpu_seconds,
            )

    def _train(self, epoch: int) -> _Tally:
        """Take one step a batch."""
        tally = _Tally()
        train_mode(self.network)
        order = torch.randperm(len(self.train), generator=generator(self.run, "order", epoch))
        draw = generator(self.run, "augmentation", epoch)
        with seeded(self.run, "dropout", epoch):
            for x, y in batches(self.train, self.batch_size, self._device, order):
                tally.start()
                self._step(x, y, draw, tally)
                tally.stop()
        return tally

    def _step(self, x: Tensor, y: Tensor, draw: Generator, tally: _Tally) -> None:
        x, target = self.augment(x, y, draw)
        logits = self.network(self.standardise(x))
        loss = self.objective.loss(logits, target)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        tally.loss += loss.item() * len(y)
        if self.objective.right is not None:
            tally.right += self.objective.right(logits, y).sum().item()
        tally.seen += len(y)

    def _warm_up(self) -> None:
        """Run one forward and backward pass on a copy: the first one of a process is far slower."""
        network = deepcopy(self.network)
        train_mode(network)
        x, y = next(batches(self.train, self.batch_size, self._device))
        self.objective.loss(network(self.standardise(x)), y).backward()

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device


def train_mode(network: nn.Module) -> None:
    """Enter training mode where something learns, evaluation mode where all is frozen.

    A frozen BatchNorm left in training mode would still move its statistics, and dropout in a
    frozen body would still drop. A module without parameters follows the one that holds it, and one
    that holds nothing that learns is frozen with all that is in it.
    """
    network.train()
    for module in network.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()
