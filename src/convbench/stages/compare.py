"""Compare ways to train, and what each choice bought, on what each run said of every test image."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from convbench.analysis.calibration import reliability
from convbench.analysis.comparison import Answers, Comparison, compare, shares_of_images
from convbench.analysis.convergence import convergence
from convbench.analysis.factors import effects, shares
from convbench.analysis.guidelines import guidelines
from convbench.analysis.summary import FACTORS, TASK, best_by_validation, cells, lost, runs_of
from convbench.analysis.tables import (
    COMPARISON_COLUMNS,
    EFFECT_COLUMNS,
    GUIDELINE_COLUMNS,
    SHARE_COLUMNS,
    table,
    write_table,
)
from convbench.analysis.uncertainty import of_scores
from convbench.stages.folders import RUNS
from convbench.stages.predictions import Predictions, read_predictions


def compare_runs(tables: Path) -> None:
    """Write the tables of what differs and of how runs learn beside that of the runs, in ``tables``."""
    runs = pd.read_parquet(tables / "runs.parquet")
    finished = runs[runs["outcome"] == "finished"]
    rows: list[dict[str, Any]] = []
    answers: dict[str, np.ndarray] = {}
    for _, task in cells(runs).groupby(list(TASK), sort=False):
        rows.extend(_against_the_best(task, finished, answers))
    rows = list(_with_the_lost(rows, runs))
    write_table(table(rows, COMPARISON_COLUMNS), tables / "comparisons.parquet")
    write_table(convergence(pd.read_parquet(tables / "epochs.parquet")), tables / "convergence.parquet")
    write_table(table(list(_effects(finished, answers)), EFFECT_COLUMNS), tables / "effects.parquet")
    write_table(table(list(_variances(finished)), SHARE_COLUMNS), tables / "variance.parquet")
    verdicts = [_finite(asdict(verdict)) for verdict in guidelines(finished, answers)]
    write_table(table(verdicts, GUIDELINE_COLUMNS), tables / "guidelines.parquet")
    compared = [row for row in rows if row["seeds"]]
    tied = sum(row["tied"] and not row["best"] for row in compared)
    print(f"{len(compared)} cells compared, {tied} of them not told apart from the best of their task")


def _with_the_lost(rows: Sequence[Mapping[str, Any]], runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows, those of cells that lost seeds saying so, then the cells that lost all of them."""
    found = {tuple(row[name] for name in FACTORS): row for row in lost(runs).to_dict("records")}
    for row in rows:
        missed = found.get(tuple(row[name] for name in FACTORS))
        yield {**row, "planned": row["seeds"]} if missed is None else {**row, **_lacks(missed)}
    for row in found.values():
        if not row["seeds"]:
            yield {**{name: row[name] for name in (*FACTORS, "seeds")}, **_lacks(row), "best": False}


def _lacks(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("planned", "outcomes")}


def _effects(runs: pd.DataFrame, answers: Answers) -> Iterator[dict[str, Any]]:
    for dataset, own in runs.groupby("dataset", sort=False):
        for effect in effects(own, answers):
            estimate = effect.estimate
            row = {
                **vars(effect),
                "dataset": dataset,
                "difference": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "p": estimate.p,
                "seen": effect.seen,
            }
            yield _finite(row)


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is no number: the interval of one pair."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }


def _variances(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for dataset, own in runs.groupby("dataset", sort=False):
        for each in shares(own):
            first, second = (*each.factors, "")[:2]
            yield {**vars(each), "dataset": dataset, "factor": first, "with": second, "seen": each.seen}


def _against_the_best(
    task: pd.DataFrame, runs: pd.DataFrame, answers: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    """Compare the cells of one task with the one that validation chooses.

    What was read is put into ``answers``: run -> what each test image adds to its score, ``[images]``.
    """
    best = best_by_validation(task).name
    rows, others, theirs = [], [], {}
    score, values = task["score"].iloc[0], []
    for place, cell in task.iterrows():
        said = _said(cell, runs)
        shares = {run: _shares(each, cell["score"]) for (run, _), each in said.items()}
        own = {seed: shares[run] for run, seed in said}
        answers |= shares
        errors = [reliability(each.labels, each.probabilities).error for each in said.values()]
        values.append(np.stack(list(own.values())))
        rows.append({**_row(cell, errors), "best": place == best, "tied": True})
        if place == best:
            theirs = own
        else:
            others.append(own)
    found = iter(compare(others, theirs, score))
    estimates = of_scores(values, counted=score != "mean_average_precision")
    for row, scored, estimate in zip(rows, values, estimates, strict=True):
        row |= {"images": scored.shape[1], "low": estimate.low, "high": estimate.high}
        if not row["best"] and (comparison := next(found)):
            row |= _difference(comparison)
    return rows


def _row(cell: pd.Series, errors: Sequence[float]) -> dict[str, Any]:
    return {
        **{name: cell[name] for name in (*FACTORS, "seeds", "val", "test")},
        "calibration_error": float(np.mean(errors)),
    }


def _difference(found: Comparison) -> dict[str, Any]:
    row = {
        "difference": found.estimate.mean,
        "difference_low": found.estimate.low,
        "difference_high": found.estimate.high,
        "p": found.estimate.p,
        "p_holm": found.p_holm,
        "tied": found.tied,
        "compared": found.seeds,
        "only_this": found.only_this,
        "only_best": found.only_best,
        "test_of": found.test,
    }
    return _finite(row)


def _said(cell: pd.Series, runs: pd.DataFrame) -> dict[tuple[str, int], Predictions]:
    """Read what the runs of a cell said, by run and seed."""
    own = runs_of(cell, runs)
    return {
        (str(run.run_id), int(run.seed)): read_predictions(RUNS / str(run.run_id))
        for run in own.itertuples()
    }


def _shares(said: Predictions, score: str) -> np.ndarray:
    return shares_of_images(said.labels, said.probabilities, score)
