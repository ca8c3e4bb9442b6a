"""Train and test one run."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convbench.config.spec import RunSpec, canonical_json
from convbench.data.prepared import Prepared, open_prepared
from convbench.engine.batches import Images
from convbench.engine.evaluate import Evaluation, evaluate
from convbench.engine.loop import Diverged, Epoch, Trainer
from convbench.engine.new_classifier import fold_scaling
from convbench.environment import environment
from convbench.errors import is_out_of_memory
from convbench.jobs.assembly import Assembly, assemble, chosen_lr, device_of
from convbench.jobs.progress import Progress, print_result
from convbench.models.anatomy.cost import cost_of
from convbench.models.weights.files import save_absence, save_weights
from convbench.results.journal import Journal
from convbench.results.key import KeyRecord
from convbench.results.metrics import Result
from convbench.results.predictions import Predictions
from convbench.results.schema import LabelRow, Metrics
from convbench.scores import scores_for, title_of
from convbench.scores.average_precision import average_precisions
from convbench.scores.f_scores import best_thresholds, f1_per_label


class _Outcome:
    """What is known of a run so far; a run that ends early leaves what it has."""

    def __init__(self, run: str, score: str, device: str, classes: int) -> None:
        self.result = Result(Metrics(run_id=run, outcome="finished", score=score, device=device))
        self.probabilities = np.empty((0, classes), np.float32)
        """Of the test images, ``[n, C]``; n = 0 until they are predicted."""

    @property
    def metrics(self) -> Metrics:
        """The numbers so far."""
        return self.result.metrics

    def know(self, **metrics: Any) -> None:  # noqa: ANN401 (each of its column's type)
        """Add numbers: columns of ``Metrics``."""
        self.result = replace(self.result, metrics=replace(self.metrics, **metrics))


def train(
    spec: RunSpec,
    prepared: Path,
    weights: Path | None,
    out: Path,
    keep: Path | None,
    range_test: Path | None = None,
    *,
    key: str = "{}",
) -> None:
    """Train on ``prepared``, choose the epoch on validation, evaluate on the test split once.

    ``range_test`` is the file that ``find_lr`` wrote, for a run whose learning rate is ``auto``; ``key``
    is what the run depends on besides its spec, as JSON. Writes the journal, the key, the predictions
    and, last, the metrics to ``out``; writes the best epoch's weights to
    ``keep`` if it is given. A run that diverges or fails, for example because its weights are absent, is
    an outcome with a reason. Raises ``UserError`` if there is no data, and every error that means that
    memory ran out.
    """
    torch.set_num_threads(spec.threads)
    data = open_prepared(prepared)
    device = device_of(spec.device)
    outcome = _Outcome(spec.id, data.card.score, device.type, len(data.card.classes))
    with Journal(out, spec, data.card.digest, environment()) as journal, _reason_noted(outcome):
        lr = chosen_lr(spec, range_test)
        assembly = assemble(spec, data, device, weights, lr)
        outcome.result = replace(outcome.result, left_out=assembly.left_out)
        cost = cost_of(assembly.network, spec.image_size, spec.channels)
        outcome.know(**asdict(cost), lr=lr, stem=assembly.stem)
        _train_and_test(outcome, assembly, spec, data, journal)
        if keep is not None:
            save_weights(keep, assembly.trainer.result.state_dict(), assembly.normalisation)
    metrics = outcome.metrics
    print_result(metrics)
    if keep is not None and not outcome.result.finished:
        save_absence(keep, f"{spec.id} {metrics.outcome}: {metrics.reason}")
    KeyRecord.of(canonical_json(spec), key, data.card.digest).write(out)
    rows = data.rows("test")[: len(outcome.probabilities)]
    Predictions(rows, data.labels[rows], outcome.probabilities).write(out)
    outcome.result.write(out)


@contextmanager
def _reason_noted(outcome: _Outcome) -> Iterator[None]:
    """Record divergence and failure as an outcome with a reason; a lack of memory stays an error."""
    try:
        yield
    except Diverged as reason:
        outcome.know(outcome="diverged", reason=str(reason))
    except Exception as error:  # a failure of one run must not stop the others
        if is_out_of_memory(error):  # a property of the machine, not of the run
            raise
        traceback.print_exc(file=sys.stderr)
        outcome.know(outcome="failed", reason=f"{type(error).__name__}: {error}")


def _train_and_test(
    outcome: _Outcome, assembly: Assembly, spec: RunSpec, data: Prepared, journal: Journal
) -> None:
    """Train to the end, then evaluate the best epoch's weights."""
    trainer = assembly.trainer
    if assembly.stem:
        print(f"{spec.id}: {assembly.stem}", flush=True)
    history = _fit(trainer, spec, journal)
    trainer.state.restore_best()
    fold_scaling(trainer.result)
    val, test = (_evaluate(trainer, images) for images in (trainer.val, assembly.test))
    outcome.know(**_numbers(trainer, history, val, test))
    if data.card.multi_label:
        _add_label_scores(outcome, data, assembly, val, test)
    outcome.probabilities = test.probabilities


def _fit(trainer: Trainer, spec: RunSpec, journal: Journal) -> list[Epoch]:
    """Train to the end; record and show each epoch."""
    history: list[Epoch] = []
    progress = Progress(spec.id, spec.hyperparameters.epochs, title_of(trainer.score))
    for epoch in trainer.epochs():
        history.append(epoch)
        journal.add(asdict(epoch))
        progress.show(epoch.epoch, epoch.val_score)
    return history


def _evaluate(trainer: Trainer, images: Images) -> Evaluation:
    return evaluate(trainer.result, images, trainer.standardise, trainer.objective)


def _numbers(
    trainer: Trainer, history: list[Epoch], val: Evaluation, test: Evaluation
) -> dict[str, object]:
    seconds = sum(epoch.seconds for epoch in history)
    known = scores_for("single" if trainer.objective.correct else "multi")
    return {
        Metrics.val_score: val.scores[trainer.score],
        Metrics.test_score: test.scores[trainer.score],
        **{score.val: val.scores[score.name] for score in known if score.every_epoch},
        **{score.test: test.scores[score.name] for score in known if score.beta is None},
        Metrics.test_loss: test.loss,
        Metrics.best_epoch: trainer.state.best.epoch,
        Metrics.epochs: len(history),
        Metrics.train_seconds: seconds,
        Metrics.cpu_seconds: sum(epoch.cpu_seconds for epoch in history),
        Metrics.seconds_per_epoch: seconds / len(history) if history else None,
    }


def _add_label_scores(
    outcome: _Outcome, data: Prepared, assembly: Assembly, val: Evaluation, test: Evaluation
) -> None:
    """Add the scores that need thresholds, tuned on validation, and the scores of each label."""
    truth, probabilities = assembly.test.labels, test.probabilities
    validation = assembly.trainer.val.labels
    tuned = {beta: best_thresholds(validation, val.probabilities, beta) for beta in (1, 2)}
    predicted = {beta: probabilities >= limits for beta, limits in tuned.items()}
    outcome.know(
        **{
            score.test: score.of(truth, predicted[score.beta])
            for score in scores_for("multi")
            if score.beta is not None
        }
    )
    precisions, f1 = average_precisions(truth, probabilities), f1_per_label(truth, predicted[1])
    labels = [
        LabelRow(
            run_id=outcome.metrics.run_id,
            label=name,
            images=int(truth[:, number].sum()),
            average_precision=None if np.isnan(precisions[number]) else float(precisions[number]),
            f1=float(f1[number]),
            threshold_f1=float(tuned[1][number]),
            threshold_f2=float(tuned[2][number]),
        )
        for number, name in enumerate(data.card.classes)
    ]
    outcome.result = replace(outcome.result, labels=labels)
