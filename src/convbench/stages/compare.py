"""Compare every way to train with the best of its task, on what each said of every test image."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from convbench.analysis.calibration import reliability
from convbench.analysis.comparison import SIGNIFICANT, Shares, compare, holm, shares_of_images
from convbench.analysis.convergence import convergence
from convbench.analysis.factors import effects, shares
from convbench.analysis.summary import FACTORS, best_by_validation, cells
from convbench.analysis.tables import COMPARISON_COLUMNS, EFFECT_COLUMNS, SHARE_COLUMNS, table
from convbench.analysis.uncertainty import over_seeds_and_images
from convbench.stages.aggregate import write_table
from convbench.stages.predictions import Predictions, read_predictions
from convbench.stages.runs import RUNS

_TASK = ["dataset", "train_size"]


def compare_runs(tables: Path) -> None:
    """Write ``comparisons`` beside the table of runs in ``tables``."""
    runs = pd.read_parquet(tables / "runs.parquet")
    finished = runs[runs["outcome"] == "finished"]
    rows: list[dict[str, Any]] = []
    for _, task in cells(runs).groupby(_TASK, sort=False):
        rows.extend(_against_the_best(task, finished))
    write_table(table(rows, COMPARISON_COLUMNS), tables / "comparisons.parquet")
    write_table(convergence(pd.read_parquet(tables / "epochs.parquet")), tables / "convergence.parquet")
    write_table(table(list(_effects(finished)), EFFECT_COLUMNS), tables / "effects.parquet")
    write_table(table(list(_variances(finished)), SHARE_COLUMNS), tables / "variance.parquet")
    tied = sum(bool(row["tied"]) and not row["best"] for row in rows)
    print(f"{len(rows)} cells compared, {tied} of them not distinguishable from the best of their task")


def _effects(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for dataset, own in runs.groupby("dataset", sort=False):
        for effect in effects(own):
            estimate = effect.estimate
            yield {
                **vars(effect),
                "dataset": dataset,
                "difference": estimate.mean,
                "low": estimate.low if effect.pairs > 1 else None,
                "high": estimate.high if effect.pairs > 1 else None,
                "p": estimate.p,
                "seen": effect.seen,
            }


def _variances(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for dataset, own in runs.groupby("dataset", sort=False):
        for each in shares(own):
            first, second = (*each.factors, "")[:2]
            yield {**vars(each), "dataset": dataset, "factor": first, "with": second, "seen": each.seen}


def _against_the_best(task: pd.DataFrame, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare the cells of one task with the one that validation chooses."""
    best = best_by_validation(task)
    theirs = {seed: _shares(each, best["score"]) for seed, each in _said(best, runs).items()}
    rows = [dict(_row(cell, runs, theirs, cell.name == best.name)) for _, cell in task.iterrows()]
    others = [row for row in rows if not row["best"]]
    corrected = holm([row.get("p", np.nan) for row in others])
    for row, p in zip(others, corrected, strict=True):
        row |= {"p_holm": p, "tied": not p <= SIGNIFICANT}
    return rows


def _row(cell: pd.Series, runs: pd.DataFrame, theirs: Shares, best: bool) -> Iterator[tuple[str, Any]]:
    """Yield the columns of one cell."""
    said = _said(cell, runs)
    ours = {seed: _shares(each, cell["score"]) for seed, each in said.items()}
    values = np.stack(list(ours.values()))
    estimate = over_seeds_and_images(values)
    errors = [reliability(each.labels, each.probabilities).error for each in said.values()]
    yield from ((name, cell[name]) for name in (*FACTORS, "seeds", "val", "test"))
    yield from (("images", values.shape[1]), ("best", best), ("tied", True))
    yield from (("low", max(estimate.low, 0.0)), ("high", min(estimate.high, 1.0)))
    yield "calibration_error", float(np.mean(errors))
    if not best and (found := compare(ours, theirs)):
        yield from (("difference", found.difference), ("p", found.p), ("compared", found.seeds))
        yield from (("difference_low", found.low), ("difference_high", found.high))
        yield from (("only_this", found.only_this), ("only_best", found.only_best))
        yield "test_of", found.test


def _said(cell: pd.Series, runs: pd.DataFrame) -> dict[int, Predictions]:
    """Read what the runs of a cell said, seed by seed."""
    own = runs[(runs[list(FACTORS)] == cell[list(FACTORS)]).all(axis=1)]
    return {int(run.seed): read_predictions(RUNS / str(run.run_id)) for run in own.itertuples()}


def _shares(said: Predictions, score: str) -> np.ndarray:
    return shares_of_images(said.labels, said.probabilities, score)
