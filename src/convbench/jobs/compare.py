"""Compare configurations and estimate factor effects from per-image predictions."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from convbench.analysis.calibration import reliability
from convbench.analysis.comparison import Comparison, PerImage, compare
from convbench.analysis.convergence import convergence
from convbench.analysis.factors import effects, explained
from convbench.analysis.guidelines import guidelines
from convbench.analysis.summary import (
    FACTORS,
    TASK,
    UnfinishedRow,
    best_by_validation,
    finished,
    runs_of,
    summarize,
    unfinished,
)
from convbench.analysis.uncertainty import of_scores
from convbench.report.text.guidelines import guideline
from convbench.results.predictions import Predictions, read_predictions
from convbench.results.rows import read_table, rows_of, table, write_table
from convbench.results.schema import (
    ConfigurationRow,
    EffectRow,
    EpochRow,
    GuidelineRow,
    RunRow,
    SummaryRow,
    VarianceRow,
)
from convbench.scores import SCORES
from convbench.scores.base import Score


def compare_runs(tables: Path) -> None:
    """Write the tables of what is concluded from the runs beside those of the runs, in ``tables``."""
    runs = read_table(tables / "runs.parquet", RunRow)
    done = finished(runs)
    rows: list[ConfigurationRow] = []
    per_image: dict[str, np.ndarray] = {}
    for _, task in summarize(runs).groupby(list(TASK), sort=False):
        rows.extend(_against_the_best(task, done, per_image))
    rows = list(_with_the_unfinished(rows, unfinished(runs)))
    epochs = read_table(tables / "epochs.parquet", EpochRow)
    verdicts = [guideline(each) for each in guidelines(done, per_image)]
    found: Mapping[str, pd.DataFrame] = {
        "configurations": table(rows, ConfigurationRow),
        "convergence": convergence(epochs),
        "effects": table(_effects(done, per_image), EffectRow),
        "variance": table(_variances(done), VarianceRow),
        "guidelines": table(verdicts, GuidelineRow),
    }
    for name, data in found.items():
        write_table(data, tables / f"{name}.parquet")
    compared = [row for row in rows if row.seeds]
    same = sum(bool(row.not_different) and not row.best for row in compared)
    print(
        f"{len(compared)} configurations compared, {same} of them not significantly different from the "
        "best of their task"
    )


def _with_the_unfinished(
    rows: Sequence[ConfigurationRow], broken: Sequence[UnfinishedRow]
) -> Iterator[ConfigurationRow]:
    """Yield the rows, with the outcomes of seeds that did not finish, then those without any seed."""
    found = {_key(row): row for row in broken}
    for row in rows:
        missed = found.get(_key(row))
        yield row if missed is None else replace(row, planned=missed.planned, outcomes=missed.outcomes)
    for missed in found.values():
        if not missed.seeds:
            yield ConfigurationRow(
                **{name: getattr(missed, name) for name in FACTORS},
                seeds=0,
                planned=missed.planned,
                outcomes=missed.outcomes,
            )


def _key(row: ConfigurationRow | UnfinishedRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in FACTORS)


def _effects(runs: pd.DataFrame, per_image: PerImage) -> Iterator[EffectRow]:
    for dataset, own in runs.groupby(RunRow.dataset, sort=False):
        for effect in effects(own, per_image):
            estimate = effect.estimate
            yield EffectRow(
                dataset=str(dataset),
                factor=effect.factor,
                level=effect.level,
                baseline=effect.baseline,
                difference=estimate.mean,
                low=_finite(estimate.low),
                high=_finite(estimate.high),
                p=_finite(estimate.p),
                p_holm=_finite(effect.p_holm),
                better=effect.better,
                pairs=effect.pairs,
                significant=effect.significant,
            )


def _finite(value: float) -> float | None:
    """Leave out what is no number: the interval of one pair."""
    return value if math.isfinite(value) else None


def _variances(runs: pd.DataFrame) -> Iterator[VarianceRow]:
    for dataset, own in runs.groupby(RunRow.dataset, sort=False):
        for each in explained(own):
            first, second = (*each.factors, "")[:2]
            yield VarianceRow(
                dataset=str(dataset),
                factor=first,
                partner=second,
                eta_squared=each.eta_squared,
                p_holm=each.p_holm,
                significant=each.significant,
            )


def _against_the_best(
    task: pd.DataFrame, runs: pd.DataFrame, per_image: dict[str, np.ndarray]
) -> list[ConfigurationRow]:
    """Compare the configurations of one task with the one that validation chooses.

    What each image adds to the score of each run is put into ``per_image``.
    """
    best = best_by_validation(task)
    configurations = rows_of(task, SummaryRow)
    score = SCORES[configurations[0].score]
    rows, others, theirs, values = [], [], {}, []
    for each in configurations:
        predicted = _predictions(each, runs)
        added = {run: _added(found, score) for (run, _), found in predicted.items()}
        own = {seed: added[run] for run, seed in predicted}
        per_image |= added
        values.append(np.stack(list(own.values())))
        is_best = each.run == best.run
        rows.append(_row(each, list(predicted.values()), is_best=is_best))
        if is_best:
            theirs = own
        else:
            others.append(own)
    found = iter(compare(others, theirs, score))
    estimates = of_scores(values, counted=score.counts_images)
    for place, (scored, estimate) in enumerate(zip(values, estimates, strict=True)):
        row = replace(rows[place], images=scored.shape[1], low=estimate.low, high=estimate.high)
        if not row.best and (comparison := next(found)):
            row = _compared(row, comparison)
        rows[place] = row
    return rows


def _row(
    configuration: SummaryRow, predicted: Sequence[Predictions], *, is_best: bool
) -> ConfigurationRow:
    errors = [reliability(each.labels, each.probabilities).error for each in predicted]
    return ConfigurationRow(
        **{name: getattr(configuration, name) for name in FACTORS},
        seeds=configuration.seeds,
        planned=configuration.seeds,
        val_score=configuration.val_score,
        test_score=configuration.test_score,
        best=is_best,
        not_different=True,
        calibration_error=float(np.mean(errors)),
    )


def _compared(row: ConfigurationRow, found: Comparison) -> ConfigurationRow:
    return replace(
        row,
        difference=found.estimate.mean,
        difference_low=_finite(found.estimate.low),
        difference_high=_finite(found.estimate.high),
        p=_finite(found.estimate.p),
        p_holm=_finite(found.p_holm),
        not_different=found.not_different,
        compared=found.seeds,
        only_this_correct=found.only_this_correct,
        only_best_correct=found.only_best_correct,
        test_of=found.test,
    )


def _predictions(configuration: SummaryRow, runs: pd.DataFrame) -> dict[tuple[str, int], Predictions]:
    """Read the predictions of the runs of a configuration, by run and seed."""
    own = runs_of(configuration, runs)
    return {(run.run_id, run.seed): read_predictions(Path(run.folder)) for run in own}


def _added(predicted: Predictions, score: Score) -> np.ndarray:
    assert score.per_image is not None, "only such a score can choose epochs"
    return score.per_image(predicted.labels, predicted.probabilities)
