"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from convbench.config.spec import Recipe
from convbench.engine.batches import Images, Standardise, batches, steps_of
from convbench.engine.evaluate import evaluate
from convbench.engine.modes import freeze_all_but, gradient_norms, train_mode
from convbench.engine.objective import Loss, Objective
from convbench.engine.optimiser import make_optimiser, make_schedule
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
    gradient_norms: Sequence[tuple[str, float]] | None = None
    """At the epoch's first step, a layer's weights each; ``None`` where not asked for."""


@dataclass(frozen=True)
class Group:
    """Parameters that share a peak learning rate."""

    parameters: Sequence[nn.Parameter]
    lr: float
    start: int = 1
    """The epoch of the phase, from 1, from which on they learn; until then they are frozen."""


@dataclass(frozen=True)
class Phase:
    """Some epochs with one optimiser and one schedule. What is in no group is frozen."""

    epochs: int
    groups: Sequence[Group]
    """The head's comes last."""


@dataclass
class _Tally:
    """Sums over one epoch's training steps."""

    loss: float = 0.0
    right: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gradient_norms: Sequence[tuple[str, float]] | None = None
    _started: tuple[float, float] = field(default=(0.0, 0.0), repr=False)

    def start(self) -> None:
        self._started = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        wall, cpu = self._started
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu


@dataclass(frozen=True)
class _Tools:
    """What one phase is trained with."""

    optimiser: Optimizer
    schedule: LRScheduler


class Trainer:
    """A network and all that it is trained with."""

    def __init__(
        self,
        network: nn.Module,
        phases: Sequence[Phase],
        recipe: Recipe,
        train: Images,
        val: Images,
        standardise: Standardise,
        objective: Objective,
        score: str,
        augment: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]],
        batch_size: int,
        run: str,
        *,
        record_gradients: bool = False,
    ) -> None:
        """Make ready to train ``network`` on ``train``, in ``phases``.

        ``score`` names the score that chooses the best epoch. ``run`` is the run's id: with an epoch's
        number, the seed of all that is random in that epoch.
        """
        self.network, self.phases, self.recipe = network, phases, recipe
        self.train, self.val, self.standardise = train, val, standardise
        self.objective, self.score, self.augment = objective, score, augment
        self.batch_size, self.run, self.record_gradients = batch_size, run, record_gradients
        self.loss = training_loss(objective, recipe, train)
        self._average = _average_of(network, recipe)

    @property
    def result(self) -> nn.Module:
        """The network that is evaluated and kept: the averaged one, where there is one."""
        return self.network if self._average is None else self._average.module

    def epochs(self) -> Iterator[Epoch]:
        """Train phase by phase, yielding after each epoch.

        A phase ends early where ``patience`` epochs in a row, or as many since a block began to learn,
        brought no better score. Raises ``Diverged`` where the training or the validation loss is not
        finite.
        """
        if self.phases:
            self._warm_up(self.phases[0])
        number = 0
        for phase in self.phases:
            tools = self._tools(phase)
            best, waited = -math.inf, 0
            for within in range(1, phase.epochs + 1):
                number += 1
                epoch = self._epoch(number, within, phase, tools)
                yield epoch
                begun = any(group.start == within for group in phase.groups)
                waited = 0 if epoch.val_score > best or begun else waited + 1
                best = max(best, epoch.val_score)
                if waited == self.recipe.patience:
                    break

    def _tools(self, phase: Phase) -> _Tools:
        recipe = self.recipe
        groups = [(group.parameters, group.lr) for group in phase.groups]
        optimiser = make_optimiser(recipe.optimizer, groups, recipe.momentum, recipe.weight_decay)
        a_epoch = steps_of(len(self.train), self.batch_size)
        warmup = round(recipe.warmup_epochs * a_epoch)
        schedule = make_schedule(recipe.schedule, optimiser, phase.epochs * a_epoch, warmup)
        return _Tools(optimiser, schedule)

    def _epoch(self, number: int, within: int, phase: Phase, tools: _Tools) -> Epoch:
        lr = tools.optimiser.param_groups[-1]["lr"]
        freeze_all_but(self.network, _learning(phase, within))
        tally = self._train(number, tools)
        result = evaluate(self.result, self.val, self.standardise, self.objective)
        train_loss = tally.loss / tally.seen
        for name, loss in (("training", train_loss), ("validation", result.loss)):
            if not math.isfinite(loss):
                raise Diverged(f"the {name} loss became {loss} in epoch {number}")
        return Epoch(
            epoch=number,
            lr=lr,
            train_loss=train_loss,
            train_accuracy=tally.right / tally.seen if self.objective.right else None,
            val_loss=result.loss,
            val_score=result.scores[self.score],
            val_accuracy=result.scores.get("accuracy"),
            seconds=tally.seconds,
            cpu_seconds=tally.cpu_seconds,
            gradient_norms=tally.gradient_norms,
        )

    def _train(self, epoch: int, tools: _Tools) -> _Tally:
        """Take one step a batch."""
        tally = _Tally()
        train_mode(self.network)
        order = torch.randperm(len(self.train), generator=generator(self.run, "order", epoch))
        draw = generator(self.run, "augmentation", epoch)
        with seeded(self.run, "dropout", epoch):
            for x, y in batches(self.train, self.batch_size, self._device, order):
                tally.start()
                self._step(x, y, draw, tally, tools)
                tally.stop()
        return tally

    def _step(self, x: Tensor, y: Tensor, draw: Generator, tally: _Tally, tools: _Tools) -> None:
        x, target = self.augment(x, y, draw)
        logits = self.network(self.standardise(x))
        loss = self.loss(logits, target)
        tools.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.record_gradients and not tally.seen:
            tally.gradient_norms = gradient_norms(self.network)
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        tools.optimiser.step()
        tools.schedule.step()
        if self._average is not None:
            self._average.update_parameters(self.network)
        tally.loss += loss.item() * len(y)
        if self.objective.right is not None:
            tally.right += self.objective.right(logits, y).sum().item()
        tally.seen += len(y)

    def _warm_up(self, phase: Phase) -> None:
        """Take a step on a copy and throw it away: the first one of a process is far slower."""
        freeze_all_but(self.network, _learning(phase, 1))
        network = deepcopy(self.network)
        train_mode(network)
        x, y = next(batches(self.train, self.batch_size, self._device))
        with seeded(self.run, "warm-up"):
            x, target = self.augment(x, y, generator(self.run, "warm-up"))
            self.loss(network(self.standardise(x)), target).backward()

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device


def _learning(phase: Phase, epoch: int) -> list[nn.Parameter]:
    """Return what learns in an epoch, from 1, of a phase."""
    return [each for group in phase.groups if group.start <= epoch for each in group.parameters]


def training_loss(objective: Objective, recipe: Recipe, train: Images) -> Loss:
    """Return what training minimises: the objective's loss, smoothed and weighted as the recipe says."""
    balanced = recipe.class_weights == "balanced"
    weights = torch.from_numpy(objective.balance(train.labels)) if balanced else None
    if weights is None and not recipe.label_smoothing:
        return objective.loss
    return objective.training_loss(recipe.label_smoothing, weights)


def _average_of(network: nn.Module, recipe: Recipe) -> AveragedModel | None:
    """Return an exponential moving average of the weights and the statistics, where it is asked for."""
    if recipe.ema is None:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema), use_buffers=True)
