"""The tables of what runs leave: runs, epochs, labels, gradients, speed."""

from collections.abc import Callable
from typing import TypeVar

from convbench.results.rows import Column, column, row
from convbench.scores import SCORES
from convbench.scores.base import Score

C = TypeVar("C", bound=type)


def with_scores(split: str, which: Callable[[Score], bool]) -> Callable[[C], C]:
    """Add a column for each score of the catalogue: ``test_accuracy``, ``test_f2``, ..."""

    def add(cls: C) -> C:
        for score in filter(which, SCORES.values()):
            name = f"{split}_{score.name}"
            cls.__annotations__[name] = Column[float | None]
            what = f"{score.description} On the {_SPLITS[split]} split."
            setattr(cls, name, column(what, score.title, format="percent", default=None))
        return cls

    return add


_SPLITS = {"val": "validation", "test": "test", "train": "training"}


@row
class TaskKey:
    """What tells one task from another; only configurations of one task are compared with each other."""

    dataset: Column[str] = column("Dataset.", "Dataset")
    train_size: Column[int | None] = column("Number of training images.", "Images", format="count")


@row
class ConfigurationKey(TaskKey):
    """What tells one configuration from another; its runs differ by seed alone."""

    architecture: Column[str] = column("Architecture.", "Architecture")
    label: Column[str] = column("What the grid calls the strategy with its hyperparameters.", "Strategy")
    augmentation: Column[str] = column("Augmentation of the training images.", "Augmentation")


@row
@with_scores("val", lambda score: score.every_epoch)
@with_scores("test", lambda score: True)
class Metrics:
    """What a run found out: the content of ``metrics.json``. What is not known is ``None``."""

    run_id: Column[str] = column("The run's id.", "Run")
    outcome: Column[str] = column("``finished``, ``diverged``, ``failed`` or ``killed``.", "Outcome")
    reason: Column[str] = column("Why it did not finish; empty where it did.", "Reason", default="")
    score: Column[str | None] = column("The score that chooses the epoch.", "Score", default=None)
    val_score: Column[float | None] = column(
        "That score on the validation split, at the best epoch.",
        "Validation",
        format="percent",
        default=None,
    )
    test_score: Column[float | None] = column(
        "That score on the test split, at the best epoch.", "Test", format="percent", default=None
    )
    test_loss: Column[float | None] = column(
        "Mean loss on the test split.", "Test loss", unit="nats", format="number", default=None
    )
    best_epoch: Column[int | None] = column(
        "The epoch with the highest validation score, from 1; 0: nothing was trained.",
        "Best epoch",
        format="count",
        default=None,
    )
    epochs: Column[int | None] = column("Epochs trained.", "Epochs", format="count", default=None)
    params_total: Column[int | None] = column("Parameters.", "Parameters", format="count", default=None)
    params_trainable: Column[int | None] = column(
        "Parameters that the strategy trains.", "Trained parameters", format="count", default=None
    )
    macs: Column[int | None] = column(
        "Multiply-adds of one image.", "Multiply-adds", format="count", default=None
    )
    train_seconds: Column[float | None] = column(
        "Wall time in training steps.", "Training, s", unit="s", format="seconds", default=None
    )
    cpu_seconds: Column[float | None] = column(
        "CPU time in training steps, over all threads.",
        "CPU, s",
        unit="s",
        format="seconds",
        default=None,
    )
    seconds_per_epoch: Column[float | None] = column(
        "Wall time in training steps, per epoch.", "Epoch, s", unit="s", format="seconds", default=None
    )
    device: Column[str | None] = column("``cpu`` or ``cuda``.", "Device", default=None)
    lr: Column[float | None] = column(
        "Learning rate of the classifier.", "Learning rate", format="number", default=None
    )
    stem: Column[str | None] = column(
        "The network's stem, where it is not the usual one.", "Stem", default=None
    )
    attempt: Column[int | None] = column(
        "The attempt that was killed, or ended without a result.",
        "Attempt",
        format="count",
        default=None,
    )

    def of(self, score: Score) -> float | None:
        """Return a score on the test split."""
        value: float | None = getattr(self, score.test)
        return value


@row
class RunRow(ConfigurationKey, Metrics):
    """``runs``: one row per run."""

    weights: Column[str] = column("Where the parameters start from.", "Weights")
    strategy: Column[str] = column("The strategy's name in the catalogue.", "Strategy")
    seed: Column[int] = column("Seed.", "Seed", format="count")
    threads: Column[int] = column("CPU threads of the training.", "Threads", format="count")
    left_out: Column[int] = column(
        "Tensors of the weights file that the network has no place for; a note on another set of "
        "weights in it counts as one.",
        "Left out",
        format="count",
    )
    label_breaking: Column[str] = column(
        "What the augmentation does that may change a label; empty: nothing.", "Breaks labels"
    )
    rate_warning: Column[str] = column(
        "Why the learning rate of the backbone may be too high; empty: it is not.", "Warning"
    )
    rate_ratio: Column[float | None] = column(
        "Learning rate from scratch over that of the backbone.", "Rate ratio", format="number"
    )
    trains: Column[str] = column("Which layers the strategy trains.", "Trains")
    modality: Column[str | None] = column("What kind of images the dataset holds.", "Modality")
    family: Column[str | None] = column("The architecture's family.", "Family")
    depth: Column[int | None] = column("Weighted layers of the architecture.", "Depth", format="count")
    plain: Column[bool] = column(
        "Whether it lacks its family's skip connections.", "Plain", format="flag"
    )
    log: Column[str | None] = column("The last lines of a run that ended without a result.", "Log")
    folder: Column[str] = column("Where its files lie.", "Folder")


@row
@with_scores("val", lambda score: score.every_epoch)
@with_scores("train", lambda score: score.every_epoch)
class EpochRow:
    """``epochs``: one row per run and epoch."""

    run_id: Column[str] = column("The run's id.", "Run")
    epoch: Column[int] = column("From 1.", "Epoch", format="count")
    lr: Column[float] = column(
        "Learning rate of the classifier at the first step.", "Learning rate", format="number"
    )
    train_loss: Column[float] = column(
        "Mean loss over the training images, augmented, each before the step that it took part in.",
        "Training loss",
        unit="nats",
        format="number",
    )
    val_loss: Column[float] = column(
        "Mean loss on the validation split.", "Validation loss", unit="nats", format="number"
    )
    val_score: Column[float] = column(
        "The score that chooses the epoch.", "Validation", format="percent"
    )
    seconds: Column[float] = column("Wall time in training steps.", "s", unit="s", format="seconds")
    cpu_seconds: Column[float] = column(
        "CPU time in training steps.", "CPU, s", unit="s", format="seconds"
    )


@row
class LabelRow:
    """``labels``: one row per run and label of a multi-label dataset; thresholds are of validation."""

    run_id: Column[str] = column("The run's id.", "Run")
    label: Column[str] = column("Label.", "Label")
    images: Column[int] = column("Test images that carry it.", "Test images", format="count")
    average_precision: Column[float | None] = column(
        "Area under its precision-recall curve.", "Average precision", format="percent"
    )
    f1: Column[float] = column("F1.", "F1", format="percent")
    threshold_f1: Column[float] = column(
        "The probability from which it is predicted, for F1.", "Threshold (F1)", format="percent"
    )
    threshold_f2: Column[float] = column(
        "The probability from which it is predicted, for F2.", "Threshold (F2)", format="percent"
    )


@row
class GradientRow:
    """``gradients``: one row per run, epoch and layer, at the epoch's first step."""

    run_id: Column[str] = column("The run's id.", "Run")
    epoch: Column[int] = column("From 1.", "Epoch", format="count")
    layer: Column[str] = column("The layer's weights.", "Layer")
    depth: Column[int] = column("The layer's place, from 1 at the input.", "Depth", format="count")
    norm: Column[float] = column("Euclidean norm of the gradient.", "Norm", format="number")


@row
class SpeedRow:
    """``speed``: one row per architecture; times are medians, per image."""

    architecture: Column[str] = column("Architecture.", "Architecture")
    inference_ms: Column[float | None] = column(
        "Inference, one image at a time.",
        "Inference, one image, ms",
        unit="ms",
        format="ms",
        default=None,
    )
    inference_batch_ms: Column[float | None] = column(
        "Inference in batches.", "Inference, in batches, ms", unit="ms", format="ms", default=None
    )
    train_step_ms: Column[float | None] = column(
        "A training step of all layers, in batches.",
        "Training step, ms",
        unit="ms",
        format="ms",
        default=None,
    )
    batch_size: Column[int | None] = column(
        "Images in a batch.", "Batch size", format="count", default=None
    )
    threads: Column[int | None] = column("CPU threads.", "Threads", format="count", default=None)
    device: Column[str | None] = column("``cpu`` or ``cuda``.", "Device", default=None)
    processor: Column[str | None] = column("Processor.", "Processor", default=None)
    outcome: Column[str] = column(
        "``finished``, ``failed`` or ``killed``.", "Outcome", default="finished"
    )
    reason: Column[str | None] = column("Why there are no numbers.", "Reason", default=None)
