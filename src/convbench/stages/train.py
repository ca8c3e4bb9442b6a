"""Train and test one cell of the grid."""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convbench.config.datasets import in_words
from convbench.config.spec import RunSpec
from convbench.data.prepared import Prepared, open_prepared
from convbench.engine.batches import Images
from convbench.engine.evaluate import Evaluation, evaluate
from convbench.engine.loop import Diverged, Epoch
from convbench.engine.scores import average_precisions, best_thresholds, f_scores
from convbench.environment import environment
from convbench.errors import is_out_of_memory
from convbench.files import write_json
from convbench.models.cost import cost_of
from convbench.models.weights import save_absence, save_weights
from convbench.stages.cell import Cell, assemble, chosen_rate, device_of
from convbench.stages.folders import METRICS
from convbench.stages.journal import Journal, blank_metrics, write_predictions
from convbench.stages.progress import Progress


@dataclass(frozen=True)
class _Best:
    """The epoch that validation chose; of a network that is only evaluated, none."""

    epoch: Epoch | None
    state: dict[str, Tensor]


def train(
    spec: RunSpec,
    prepared: Path,
    weights: Path | None,
    out: Path,
    keep: Path | None,
    rates: Path | None = None,
) -> None:
    """Train on ``prepared``, choose the epoch on validation, read the test split once.

    ``rates`` is what a range test left, for a run whose learning rate it chooses. Writes the journal,
    the predictions and, last, the metrics to ``out``; the best epoch's weights to ``keep`` where it is
    given. A run that diverges or fails is an outcome with a reason, and so is each that waits for its
    weights. Raises ``UserError`` where there is no data, and whatever says that memory ran out.
    """
    torch.set_num_threads(spec.threads)
    data = open_prepared(prepared)
    device = device_of(spec.device)
    with Journal(out, spec, data.card.digest, environment()) as journal:
        metrics, probabilities = _outcome(spec, data, device, weights, journal, keep, rates)
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
    rates: Path | None,
) -> tuple[dict[str, Any], np.ndarray]:
    """Run the cell; return its metrics and test probabilities ``[n, C]``, n = 0 without an answer."""
    metrics = blank_metrics(spec.id) | {"device": device.type, "score": data.card.score}
    probabilities = np.empty((0, len(data.card.classes)), np.float32)
    try:
        lr = chosen_rate(spec, rates)
        cell = assemble(spec, data, device, weights, lr)
        metrics |= asdict(cost_of(cell.network, spec.image_size, spec.channels))
        metrics |= {"lr": lr, "stem": cell.stem, "left_out": cell.left_out}
        if cell.stem:
            print(f"{spec.id}: {cell.stem}", flush=True)
        best, epochs = _fit(cell, spec, journal)
        cell.trainer.result.load_state_dict(best.state)
        val, test = (_evaluate(cell, images) for images in (cell.trainer.val, cell.test))
        metrics |= _numbers(best.epoch, epochs, val, test, data.card.score)
        if data.card.multi_label:
            metrics |= _label_numbers(data.card.classes, cell, val, test)
        probabilities = test.probabilities
        if keep is not None:
            save_weights(keep, best.state, cell.normalisation)
    except Diverged as reason:
        metrics |= {"outcome": "diverged", "reason": str(reason)}
    except Exception as error:  # whatever breaks one cell must not take the others' results along
        if is_out_of_memory(error):  # which says something of the machine, and nothing of the run
            raise
        traceback.print_exc(file=sys.stderr)
        metrics |= {"outcome": "failed", "reason": f"{type(error).__name__}: {error}"}
    print(_summary(metrics), flush=True)
    return metrics, probabilities


def _fit(cell: Cell, spec: RunSpec, journal: Journal) -> tuple[_Best, list[Epoch]]:
    """Train to the end; keep the epoch with the highest validation score.

    Of several with the same one, which are many where validation images are few, the one with the lowest
    validation loss; of several with that too, the first.
    """
    best: Epoch | None = None
    state = cell.trainer.result.state_dict()
    history: list[Epoch] = []
    progress = Progress(spec.id, spec.budget.epochs, in_words(cell.trainer.score))
    for epoch in cell.trainer.epochs():
        history.append(epoch)
        journal.add(epoch)
        progress.show(epoch.epoch, epoch.val_score)
        if best is None or _rank(epoch) > _rank(best):
            best, now = epoch, cell.trainer.result.state_dict()
            state = {name: tensor.detach().clone() for name, tensor in now.items()}
    return _Best(best, state), history


def _rank(epoch: Epoch) -> tuple[float, float]:
    return epoch.val_score, -epoch.val_loss


def _evaluate(cell: Cell, images: Images) -> Evaluation:
    return evaluate(cell.trainer.result, images, cell.trainer.standardise, cell.trainer.objective)


def _numbers(
    best: Epoch | None, history: list[Epoch], val: Evaluation, test: Evaluation, score: str
) -> dict[str, Any]:
    seconds = sum(epoch.seconds for epoch in history)
    return {
        "val_score": val.scores[score],
        "test_score": test.scores[score],
        "val_accuracy": val.scores.get("accuracy"),
        **{f"test_{name}": value for name, value in test.scores.items()},
        "test_loss": test.loss,
        "best_epoch": best.epoch if best else 0,
        "epochs": len(history),
        "train_seconds": seconds,
        "cpu_seconds": sum(epoch.cpu_seconds for epoch in history),
        "seconds_per_epoch": seconds / len(history) if history else None,
    }


def _label_numbers(
    names: Sequence[str], cell: Cell, val: Evaluation, test: Evaluation
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
    said = f"{metrics['run_id']}: test {in_words(metrics['score'])} {metrics['test_score']:.1%}"
    if not metrics["epochs"]:
        return f"{said}, as it came"
    return (
        f"{said} with epoch {metrics['best_epoch']} of {metrics['epochs']}, "
        f"{metrics['train_seconds']:.1f} s of training"
    )
