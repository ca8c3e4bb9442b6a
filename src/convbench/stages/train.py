"""Train and test one cell of the grid."""

import math
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from convbench.augment import AUGMENTS
from convbench.config.datasets import in_words
from convbench.config.spec import RunSpec
from convbench.data.base import SPLITS, Split
from convbench.data.prepared import Prepared, open_prepared
from convbench.data.splits import nested_draw
from convbench.engine.batches import Images, Standardise
from convbench.engine.evaluate import Evaluation, evaluate
from convbench.engine.loop import Diverged, Epoch, Trainer
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS
from convbench.engine.optimiser import make_optimiser, make_schedule
from convbench.engine.scores import average_precisions, best_thresholds, f_scores
from convbench.environment import environment
from convbench.errors import UserError
from convbench.files import write_json
from convbench.models import ARCHITECTURES
from convbench.models.cost import cost_of
from convbench.models.weights import Normalisation, load_body, save_absence, save_weights
from convbench.seeding import seeded
from convbench.stages.journal import METRICS, Journal, write_predictions
from convbench.stages.progress import Progress
from convbench.strategies import STRATEGIES

_TIMES = ("train_seconds", "cpu_seconds", "seconds_per_epoch")
_SCORES = (
    "val_score",
    "test_score",
    "val_accuracy",
    "test_accuracy",
    "test_accuracy_per_class",
    "test_mean_average_precision",
    "test_f1_micro",
    "test_f1_macro",
    "test_f2",
    "test_loss",
    "best_epoch",
    "epochs",
    "labels",
)


@dataclass(frozen=True)
class _Cell:
    """A run's parts, put together."""

    network: nn.Module
    trainer: Trainer
    test: Images
    normalisation: Normalisation


@dataclass(frozen=True)
class _Best:
    """The epoch that validation chose."""

    epoch: Epoch
    state: dict[str, Tensor]


def train(spec: RunSpec, prepared: Path, weights: Path | None, out: Path, keep: Path | None) -> None:
    """Train on ``prepared``, choose the epoch on validation, read the test split once.

    Writes the journal, the predictions and, last, the metrics to ``out``; the best epoch's weights
    to ``keep`` where it is given. A run that diverges or fails is an outcome with a reason, and so is
    each that waits for its weights.
    """
    torch.set_num_threads(spec.threads)
    data = open_prepared(prepared)
    device = _device(spec.device)
    with Journal(out, spec, data.card.digest, environment()) as journal:
        metrics, probabilities = _outcome(spec, data, device, weights, journal, keep)
    if keep is not None and metrics["outcome"] != "finished":
        save_absence(keep, f"{spec.id} {metrics['outcome']}: {metrics['reason']}")
    rows = data.rows("test")[: len(probabilities)]
    write_predictions(out, rows, data.labels[rows], probabilities)
    write_json(out / METRICS, metrics)


def _outcome(
    spec: RunSpec,
    data: Prepared,
    device: torch.device,
    weights: Path | None,
    journal: Journal,
    keep: Path | None,
) -> tuple[dict[str, Any], np.ndarray]:
    """Run the cell; return its metrics and test probabilities ``[n, C]``, n = 0 without an answer."""
    metrics: dict[str, Any] = dict.fromkeys(_SCORES + _TIMES)
    metrics |= {"run_id": spec.id, "outcome": "finished", "reason": "", "device": device.type}
    metrics["score"] = data.card.score
    probabilities = np.empty((0, len(data.card.classes)), np.float32)
    try:
        cell = _assemble(spec, data, device, weights)
        metrics |= asdict(cost_of(cell.network, spec.image_size))
        best, epochs = _fit(cell, spec, journal)
        cell.network.load_state_dict(best.state)
        test = _evaluate(cell, cell.test)
        metrics |= _numbers(best.epoch, epochs, test, data.card.score)
        if data.card.multi_label:
            val = _evaluate(cell, cell.trainer.val)
            metrics |= _label_numbers(data.card.classes, cell, val, test)
        probabilities = test.probabilities
        if keep is not None:
            save_weights(keep, best.state, cell.normalisation)
    except Diverged as reason:
        metrics |= {"outcome": "diverged", "reason": str(reason)}
    except Exception as error:  # whatever breaks one cell must not take the others' results along
        traceback.print_exc(file=sys.stderr)
        metrics |= {"outcome": "failed", "reason": f"{type(error).__name__}: {error}"}
    print(_summary(metrics), flush=True)
    return metrics, probabilities


def _assemble(spec: RunSpec, data: Prepared, device: torch.device, weights: Path | None) -> _Cell:
    """Build the network with its weights, and everything that it is trained with."""
    architecture, strategy = ARCHITECTURES[spec.architecture], STRATEGIES[spec.strategy]
    with seeded("weights", spec.architecture, spec.seed):
        network = architecture.build(len(data.card.classes), spec.image_size)
    mean, std = data.card.mean, data.card.std
    normalisation = Normalisation((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    if weights is not None:
        normalisation = load_body(network, architecture.head, weights)
    network.to(device)
    rates = spec.optimisation
    groups = strategy.groups(network, architecture.head, rates.lr, rates.body_lr)
    optimiser = make_optimiser(
        rates.optimizer,
        [(group.parameters, group.lr) for group in groups],
        rates.momentum,
        rates.weight_decay,
    )
    train, val, test = (_images(data, split, spec) for split in SPLITS)
    steps = spec.budget.epochs * math.ceil(len(train) / spec.budget.batch_size)
    trainer = Trainer(
        network=network,
        optimiser=optimiser,
        schedule=make_schedule(rates.schedule, optimiser, steps),
        train=train,
        val=val,
        standardise=Standardise(normalisation.mean, normalisation.std),
        objective=SEVERAL_LABELS if data.card.multi_label else ONE_LABEL,
        score=data.card.score,
        augment=AUGMENTS[spec.augmentation].apply,
        batch_size=spec.budget.batch_size,
        run=spec.id,
    )
    return _Cell(network, trainer, test, normalisation)


def _images(data: Prepared, split: Split, spec: RunSpec) -> Images:
    """Select a split; of the training one, what the task draws with the run's seed."""
    rows = data.rows(split)
    if split == "train":
        rows = rows[nested_draw(data.labels[rows], spec.train_size, spec.dataset, "draw", spec.seed)]
    labels = data.labels[rows]
    return Images(data.pixels, rows, labels.astype(np.float32) if data.card.multi_label else labels)


def _fit(cell: _Cell, spec: RunSpec, journal: Journal) -> tuple[_Best, list[Epoch]]:
    """Train to the end; keep the first of the epochs with the highest validation score."""
    best: _Best | None = None
    history: list[Epoch] = []
    progress = Progress(spec.id, spec.budget.epochs, in_words(cell.trainer.score))
    for epoch in cell.trainer.epochs(spec.budget.epochs):
        history.append(epoch)
        journal.add(epoch)
        progress.show(epoch.epoch, epoch.val_score)
        if best is None or epoch.val_score > best.epoch.val_score:
            state = cell.network.state_dict()
            best = _Best(epoch, {name: tensor.detach().clone() for name, tensor in state.items()})
    assert best is not None, "a run has at least one epoch"
    return best, history


def _evaluate(cell: _Cell, images: Images) -> Evaluation:
    return evaluate(cell.network, images, cell.trainer.standardise, cell.trainer.objective)


def _numbers(best: Epoch, history: list[Epoch], test: Evaluation, score: str) -> dict[str, Any]:
    seconds = sum(epoch.seconds for epoch in history)
    return {
        "val_score": best.val_score,
        "test_score": test.scores[score],
        "val_accuracy": best.val_accuracy,
        **{f"test_{name}": value for name, value in test.scores.items()},
        "test_loss": test.loss,
        "best_epoch": best.epoch,
        "epochs": len(history),
        "train_seconds": seconds,
        "cpu_seconds": sum(epoch.cpu_seconds for epoch in history),
        "seconds_per_epoch": seconds / len(history),
    }


def _label_numbers(
    names: Sequence[str], cell: _Cell, val: Evaluation, test: Evaluation
) -> dict[str, Any]:
    """Return the scores label by label; validation chooses from which probability a label is said."""
    chosen = cell.trainer.val.labels, val.probabilities
    for_f1, for_f2 = best_thresholds(*chosen, beta=1), best_thresholds(*chosen, beta=2)
    truth = cell.test.labels
    scores = f_scores(truth, test.probabilities, for_f1, for_f2)
    precisions = average_precisions(truth, test.probabilities)
    return {
        "test_f1_micro": scores.f1_micro,
        "test_f1_macro": scores.f1_macro,
        "test_f2": scores.f2,
        "labels": [
            {
                "label": name,
                "images": int(truth[:, number].sum()),
                "average_precision": None if np.isnan(precisions[number]) else float(precisions[number]),
                "f1": float(scores.f1_per_label[number]),
                "threshold_f1": float(for_f1[number]),
                "threshold_f2": float(for_f2[number]),
            }
            for number, name in enumerate(names)
        ],
    }


def _summary(metrics: dict[str, Any]) -> str:
    if metrics["outcome"] != "finished":
        return f"{metrics['run_id']}: {metrics['outcome']}: {metrics['reason']}"
    return (
        f"{metrics['run_id']}: test {in_words(metrics['score'])} {metrics['test_score']:.1%} with epoch "
        f"{metrics['best_epoch']} of {metrics['epochs']}, {metrics['train_seconds']:.1f} s of training"
    )


def _device(wanted: str) -> torch.device:
    """Resolve ``auto``. Raises ``UserError`` where a GPU is asked for and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device: 'cuda'; this torch sees no GPU, so 'cpu' or 'auto' would be right")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
