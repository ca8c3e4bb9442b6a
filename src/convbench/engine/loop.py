"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from convbench.config.spec import CommonHyperparameters
from convbench.engine.batches import Images, Standardise, batches, steps_of
from convbench.engine.evaluate import evaluate
from convbench.engine.modes import freeze_all_but, train_mode
from convbench.engine.objective import Loss, Objective
from convbench.engine.optimizer import make_optimizer, make_scheduler
from convbench.engine.state import TrainingState
from convbench.engine.step import StepSettings, TrainingStep
from convbench.phases import Phase
from convbench.seeding import generator, seeded


class Diverged(Exception):  # noqa: N818 (an outcome, not an error)
    """The training or the validation loss is not finite."""


@dataclass(frozen=True)
class Epoch:
    """One line of a run's history."""

    epoch: int
    """From 1."""
    lr: float
    """Learning rate of the classifier at the epoch's first step."""
    train_loss: float
    """Mean over the augmented images, each before the step that it is part of."""
    train_accuracy: float | None
    """``None`` for multi-label images."""
    val_loss: float
    val_score: float
    """The score that chooses the best epoch: accuracy, unless the dataset has another score."""
    val_accuracy: float | None
    seconds: float
    """Wall time of the training steps, without evaluation and loading."""
    cpu_seconds: float
    """CPU time of the same steps, over all threads."""
    gradient_norms: Sequence[tuple[str, float]] | None = None
    """Of each layer's weights at the epoch's first step; ``None`` unless they are recorded."""


@dataclass
class _Tally:
    """Sums over one epoch's training steps."""

    loss: float = 0.0
    correct: float = 0.0
    images: int = 0
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


class Trainer:
    """Train a network in phases and evaluate it after each epoch.

    Parameters
    ----------
    network : nn.Module
        The network to train, on its device.
    phases : sequence of Phase
        What is trained, how fast and for how many epochs; empty: nothing.
    hyperparameters : CommonHyperparameters
        The hyperparameters.
    train, val : Images
        The training and the validation images.
    standardise : Standardise
        Applied to each image before it enters the network.
    objective : Objective
        The loss and the scores.
    score : str
        Name of the validation score that chooses the best epoch.
    augment : callable
        ``(images, targets, generator)`` to augmented images and targets.
    batch_size : int
        Images in a training step.
    run : str
        The run's id. With an epoch's number, it seeds all that is random in that epoch.
    before : tuple of float
        Wall and CPU seconds that were spent on the training before, added to those of the first epoch.
    record_gradients : bool
        Record each layer's gradient norm at the first step of each epoch.
    settings : StepSettings
        Precision and memory format of a training step.

    """

    def __init__(
        self,
        network: nn.Module,
        phases: Sequence[Phase],
        hyperparameters: CommonHyperparameters,
        train: Images,
        val: Images,
        standardise: Standardise,
        objective: Objective,
        score: str,
        augment: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]],
        batch_size: int,
        run: str,
        *,
        before: tuple[float, float] = (0.0, 0.0),
        record_gradients: bool = False,
        settings: StepSettings = StepSettings(),  # noqa: B008 (frozen)
    ) -> None:
        self.network, self.phases, self.hyperparameters = network, phases, hyperparameters
        self.train, self.val, self.standardise = train, val, standardise
        self.objective, self.score, self.augment = objective, score, augment
        self.batch_size, self.run, self.record_gradients = batch_size, run, record_gradients
        self.before, self.settings, self.loss = (
            before,
            settings,
            training_loss(objective, hyperparameters, train),
        )
        average = _average_of(network, hyperparameters)
        steps = [self._training_step(network, phase, average) for phase in phases]
        self.state = TrainingState(network, average, steps)

    @property
    def result(self) -> nn.Module:
        """The network that is evaluated and kept: the averaged one, where there is one."""
        return self.state.result

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def epochs(self) -> Iterator[Epoch]:
        """Train phase by phase and yield after each epoch; continue where ``state`` stands.

        A phase ends early after ``patience`` epochs without a better score; the count starts again when
        a block begins to learn. Raises ``Diverged`` if the training or validation loss is not finite.
        """
        state = self.state
        if self.phases:
            self._warm_up(self.phases[state.phase])
        for index in range(state.phase, len(self.phases)):
            if index > state.phase:
                state.begin_phase(index)
            phase = self.phases[index]
            while (
                state.phase_epoch < phase.epochs
                and state.phase_best.waited != self.hyperparameters.patience
            ):
                yield self._epoch(phase)

    def trial(self, phase: Phase) -> TrainingStep:
        """Return the training step of a copy of the network, ready for the first epoch of ``phase``.

        Nothing that happens to the copy reaches the network.
        """
        network, phase = deepcopy(
            (self.network, phase)
        )  # together: the phase holds the copy's parameters
        freeze_all_but(network, _trainable(phase, 1))
        train_mode(network)
        return self._training_step(network, phase, _average_of(network, self.hyperparameters))

    def prepare(self, x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """Augment and standardise a batch; return what a training step takes."""
        images, targets = self.augment(x, y, generator)
        return self.standardise(images), targets

    def _training_step(
        self, network: nn.Module, phase: Phase, average: AveragedModel | None
    ) -> TrainingStep:
        hyperparameters = self.hyperparameters
        groups = [(group.parameters, group.lr) for group in phase.groups]
        optimizer = make_optimizer(
            hyperparameters.optimizer, groups, hyperparameters.momentum, hyperparameters.weight_decay
        )
        per_epoch = steps_of(len(self.train), self.batch_size)
        warmup = round(hyperparameters.warmup_epochs * per_epoch)
        scheduler = make_scheduler(hyperparameters.schedule, optimizer, phase.epochs * per_epoch, warmup)
        return TrainingStep(
            network, self.loss, optimizer, scheduler, hyperparameters.clip_norm, average, self.settings
        )

    def _epoch(self, phase: Phase) -> Epoch:
        state = self.state
        number, within = state.epoch + 1, state.phase_epoch + 1
        step = state.steps[state.phase]
        lr = step.optimizer.param_groups[-1]["lr"]
        freeze_all_but(self.network, _trainable(phase, within))
        tally = self._train(number, step)
        result = evaluate(self.result, self.val, self.standardise, self.objective)
        train_loss, val_score = tally.loss / tally.images, result.scores[self.score]
        for name, loss in (("training", train_loss), ("validation", result.loss)):
            if not math.isfinite(loss):
                raise Diverged(f"the {name} loss became {loss} in epoch {number}")
        state.end_epoch(val_score, result.loss)
        if any(group.start == within for group in phase.groups):  # a block has begun to learn
            state.phase_best.waited = 0
        return Epoch(
            epoch=number,
            lr=lr,
            train_loss=train_loss,
            train_accuracy=tally.correct / tally.images if self.objective.correct else None,
            val_loss=result.loss,
            val_score=val_score,
            val_accuracy=result.scores.get("accuracy"),
            seconds=tally.seconds,
            cpu_seconds=tally.cpu_seconds,
            gradient_norms=tally.gradient_norms,
        )

    def _train(self, epoch: int, step: TrainingStep) -> _Tally:
        """Take one step for each batch."""
        seconds, cpu_seconds = self.before if epoch == 1 else (0.0, 0.0)
        tally = _Tally(seconds=seconds, cpu_seconds=cpu_seconds)
        train_mode(self.network)
        order = torch.randperm(len(self.train), generator=generator(self.run, "order", epoch))
        augmentation = generator(self.run, "augmentation", epoch)
        with seeded(self.run, "dropout", epoch):
            for x, y in batches(self.train, self.batch_size, self.device, order):
                tally.start()
                self._step(x, y, augmentation, tally, step)
                tally.stop()
        return tally

    def _step(
        self, x: Tensor, y: Tensor, generator: Generator, tally: _Tally, step: TrainingStep
    ) -> None:
        first = not tally.images
        images, targets = self.prepare(x, y, generator)
        output = step(images, targets, record_gradients=self.record_gradients and first)
        if first:
            tally.gradient_norms = output.gradient_norms
        tally.loss += output.loss.item() * len(y)
        if self.objective.correct is not None:
            tally.correct += self.objective.correct(output.logits, y).sum().item()
        tally.images += len(y)

    def _warm_up(self, phase: Phase) -> None:
        """Take a step on a copy: the first step of a process is far slower than the others."""
        x, y = next(batches(self.train, self.batch_size, self.device))
        with seeded(self.run, "warm-up"):
            self.trial(phase)(*self.prepare(x, y, generator(self.run, "warm-up")))


def _trainable(phase: Phase, epoch: int) -> list[nn.Parameter]:
    """Return the parameters that are trained in an epoch, from 1, of a phase."""
    return [each for group in phase.groups if group.start <= epoch for each in group.parameters]


def training_loss(objective: Objective, hyperparameters: CommonHyperparameters, train: Images) -> Loss:
    """Return the training loss: the objective's, with label smoothing and class weights if set."""
    balanced = hyperparameters.class_weights == "balanced"
    weights = torch.from_numpy(objective.balance(train.labels)) if balanced else None
    if weights is None and not hyperparameters.label_smoothing:
        return objective.loss
    return objective.training_loss(hyperparameters.label_smoothing, weights)


def _average_of(network: nn.Module, hyperparameters: CommonHyperparameters) -> AveragedModel | None:
    """Return an exponential moving average of weights and statistics, if the hyperparameters ask."""
    if hyperparameters.ema is None:
        return None
    return AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(hyperparameters.ema), use_buffers=True
    )
