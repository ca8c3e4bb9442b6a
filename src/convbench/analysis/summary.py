"""Runs, summarised: cells over seeds, and what one choice changes with all others held fixed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from convbench.words import points

FACTORS = ("dataset", "train_size", "architecture", "strategy", "augmentation")
"""What tells one cell of the grid from another; a cell's runs differ by seed alone."""


TASK = ("dataset", "train_size")
"""What tells one task from another; only cells of one task are compared with each other."""


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarise the finished runs of each cell: a row a cell, in the order of the runs.

    Scores are fractions, of what ``score`` names. ``test`` is the mean over seeds, ``test_low`` and
    ``test_high`` the extremes; ``seconds`` likewise; ``params`` and ``macs`` are means too; ``run`` is
    the first of its runs. ``seeds`` counts the finished runs, ``planned`` all of them.
    """
    finished = runs[runs["outcome"] == "finished"]
    grouped = finished.groupby(list(FACTORS), sort=False, observed=True)
    planned = runs.groupby(list(FACTORS), sort=False, observed=True).size().rename("planned")
    found = grouped.agg(
        run=("run_id", "first"),
        seeds=("seed", "size"),
        score=("score", "first"),
        val=("val_score", "mean"),
        test=("test_score", "mean"),
        test_low=("test_score", "min"),
        test_high=("test_score", "max"),
        test_accuracy=("test_accuracy", "mean"),
        test_per_class=("test_accuracy_per_class", "mean"),
        test_f1_micro=("test_f1_micro", "mean"),
        test_f1_macro=("test_f1_macro", "mean"),
        test_f2=("test_f2", "mean"),
        label_breaking=("label_breaking", "first"),
        rate_warning=("rate_warning", "first"),
        seconds=("train_seconds", "mean"),
        seconds_low=("train_seconds", "min"),
        seconds_high=("train_seconds", "max"),
        weights=("weights", "first"),
        params_trainable=("params_trainable", "first"),
        params_total=("params_total", "first"),
        macs=("macs", "first"),
    )
    return found.join(planned).reset_index()


def lost(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that lost seeds: a row each, in the order of the runs.

    ``planned`` seeds, ``seeds`` that finished, possibly none, ``outcomes`` of the others in words, and
    the ``reason`` of the first of them, whose ``run`` it is.
    """
    rows = []
    for place, cell in runs.groupby(list(FACTORS), sort=False, dropna=False):
        broken = cell[cell["outcome"] != "finished"]
        if len(broken):
            counts = broken["outcome"].value_counts(sort=False)
            rows.append(
                {
                    **dict(zip(FACTORS, place, strict=True)),
                    "planned": len(cell),
                    "seeds": len(cell) - len(broken),
                    "outcomes": ", ".join(f"{count} {name}" for name, count in counts.items()),
                    "reason": broken["reason"].iloc[0],
                    "run": broken["run_id"].iloc[0],
                }
            )
    return pd.DataFrame(rows, columns=[*FACTORS, "planned", "seeds", "outcomes", "reason", "run"])


def by_validation(summary: pd.DataFrame) -> pd.DataFrame:
    """Order cells by their mean validation score; of equal ones those with fewer parameters come first.

    The test split never picks.
    """
    return summary.sort_values(["val", "params_total"], ascending=[False, True], kind="stable")


def best_by_validation(summary: pd.DataFrame) -> pd.Series:
    """Return the first cell of ``by_validation``."""
    return by_validation(summary).iloc[0]


def runs_of(cell: pd.Series, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the finished runs of one cell, which differ by seed alone."""
    same = (runs[list(FACTORS)] == cell[list(FACTORS)]).all(axis=1)
    return runs[same & (runs["outcome"] == "finished")]


def cheapest_near(task: pd.DataFrame) -> pd.Series | None:
    """Return the cell of one task that trains fastest of those within a point of its best on validation.

    Each of its runs is faster than each of the best's: smaller differences are the machine's. ``None``
    where there is no such cell.
    """
    best = best_by_validation(task)
    near = task[task["val"] >= best["val"] - 0.01]
    cheaper = near[near["seconds_high"] < best["seconds_low"]]
    return None if cheaper.empty else cheaper.loc[cheaper["seconds"].idxmin()]


@dataclass(frozen=True)
class Difference:
    """What one level of a factor changes against another, over cells alike in all else."""

    mean: float
    """Of the paired differences in the test score, a fraction."""
    better: int
    """Pairs in which the first level has the higher score."""
    pairs: int

    @property
    def points(self) -> str:
        """The mean in percentage points, with its sign."""
        return points(self.mean)


def paired(runs: pd.DataFrame, factor: str, level: str, baseline: str) -> Difference | None:
    """Compare ``level`` with ``baseline`` over runs that share every other factor and the seed.

    Runs of one seed were drawn the same training images. ``None`` where there is no pair.
    """
    finished = runs[runs["outcome"] == "finished"]
    others = [name for name in (*FACTORS, "seed") if name != factor]
    sides = [
        finished[finished[factor] == name].set_index(others)["test_score"] for name in (level, baseline)
    ]
    gaps = (sides[0] - sides[1]).dropna()
    if gaps.empty:
        return None
    return Difference(float(gaps.mean()), int((gaps > 0).sum()), len(gaps))


def below_chance(runs: pd.DataFrame, classes: dict[str, int]) -> Sequence[str]:
    """Return the finished runs whose mean accuracy over classes is no better than guessing."""
    finished = runs[(runs["outcome"] == "finished") & runs["test_accuracy_per_class"].notna()]
    chance = finished["dataset"].map(lambda name: 1 / classes[name])
    return list(finished.loc[finished["test_accuracy_per_class"] <= chance, "run_id"])
