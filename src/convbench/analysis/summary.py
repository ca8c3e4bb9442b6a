"""Runs, summarized by configuration; and the effect of one factor with all others held fixed."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from convbench.results.rows import Column, column, columns_of, row, rows_of
from convbench.results.schema import ConfigurationKey, RunRow, SummaryRow, TaskKey
from convbench.scores import SCORES
from convbench.scores.accuracy import BALANCED_ACCURACY

FACTORS = tuple(columns_of(ConfigurationKey))
"""What tells one configuration from another; its runs differ by seed alone."""

TASK = tuple(columns_of(TaskKey))
"""What tells one task from another; only configurations of one task are compared with each other."""

_POINT = 0.01
_MEANS = (SummaryRow.val_score, SummaryRow.test_score, SummaryRow.train_seconds)
_SAME = (
    SummaryRow.score,
    SummaryRow.label_breaking,
    SummaryRow.rate_warning,
    SummaryRow.weights,
    SummaryRow.strategy,
    SummaryRow.params_trainable,
    SummaryRow.params_total,
    SummaryRow.macs,
)
"""Columns that all runs of a configuration share."""


def finished(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that finished."""
    return runs[runs[RunRow.outcome] == "finished"]


def summarize(runs: pd.DataFrame) -> pd.DataFrame:
    """Summarize the finished runs of each configuration: rows of ``SummaryRow``, in the runs' order."""
    grouped = finished(runs).groupby(list(FACTORS), sort=False, observed=True)
    planned = runs.groupby(list(FACTORS), sort=False, observed=True).size().rename(SummaryRow.planned)
    extremes = {
        SummaryRow.test_score_min: (RunRow.test_score, "min"),
        SummaryRow.test_score_max: (RunRow.test_score, "max"),
        SummaryRow.train_seconds_min: (RunRow.train_seconds, "min"),
        SummaryRow.train_seconds_max: (RunRow.train_seconds, "max"),
    }
    found = grouped.agg(
        **{
            SummaryRow.run: (RunRow.run_id, "first"),
            SummaryRow.seeds: (RunRow.seed, "size"),
            **{name: (name, "first") for name in _SAME},
            **{name: (name, "mean") for name in _MEANS},
            **extremes,
            **{score.test: (score.test, "mean") for score in SCORES.values()},
        }
    )
    return found.join(planned).reset_index()


@row
class UnfinishedRow(ConfigurationKey):
    """A configuration of which some run, or all, did not finish."""

    planned: Column[int] = column("Seeds planned.", "Planned", format="count")
    seeds: Column[int] = column("Seeds that finished, possibly none.", "Seeds", format="count")
    outcomes: Column[str] = column("How the other runs ended, with their number.", "Outcomes")
    reason: Column[str] = column("Why the first of them did not finish.", "Reason of the first")
    run: Column[str] = column("The first of them.", "Run")


def unfinished(runs: pd.DataFrame) -> list[UnfinishedRow]:
    """Return the configurations with runs that did not finish, in the runs' order."""
    found = []
    for _, own in runs.groupby(list(FACTORS), sort=False, dropna=False):
        broken = rows_of(own[own[RunRow.outcome] != "finished"], RunRow)
        if broken:
            first = broken[0]
            outcomes = [each.outcome for each in broken]
            counts = {name: outcomes.count(name) for name in dict.fromkeys(outcomes)}
            found.append(
                UnfinishedRow(
                    **{name: getattr(first, name) for name in FACTORS},
                    planned=len(own),
                    seeds=len(own) - len(broken),
                    outcomes=", ".join(f"{count} {name}" for name, count in counts.items()),
                    reason=first.reason,
                    run=first.run_id,
                )
            )
    return found


def by_validation(summary: pd.DataFrame) -> pd.DataFrame:
    """Order configurations by mean validation score, and equal ones by the number of parameters.

    The test split never chooses.
    """
    order = [SummaryRow.val_score, SummaryRow.params_total]
    return summary.sort_values(order, ascending=[False, True], kind="stable")


def best_by_validation(summary: pd.DataFrame) -> SummaryRow:
    """Return the first configuration of ``by_validation``."""
    return rows_of(by_validation(summary).head(1), SummaryRow)[0]


def runs_of(configuration: ConfigurationKey, runs: pd.DataFrame) -> list[RunRow]:
    """Return the finished runs of one configuration, which differ by seed alone."""
    own = finished(runs)
    for name in FACTORS:
        own = own[own[name] == getattr(configuration, name)]
    return rows_of(own, RunRow)


def cheapest_within_a_point(task: pd.DataFrame) -> SummaryRow | None:
    """Return the configuration of one task that trains fastest within a point of the best on validation.

    Each of its runs is faster than each of the best's: smaller differences are the machine's. ``None``
    where there is no such configuration.
    """
    best = best_by_validation(task)
    good = task[task[SummaryRow.val_score] >= best.val_score - _POINT]
    cheaper = good[good[SummaryRow.train_seconds_max] < best.train_seconds_min]
    fastest = cheaper.sort_values(SummaryRow.train_seconds, kind="stable").head(1)
    return next(iter(rows_of(fastest, SummaryRow)), None)


@dataclass(frozen=True)
class Difference:
    """The effect of one level of a factor against another, over runs alike in all else."""

    mean: float
    """Mean of the paired differences in the test score, a fraction."""
    better: int
    """Pairs in which the first level has the higher score."""
    pairs: int


def paired(runs: pd.DataFrame, factor: str, level: str, baseline: str) -> Difference | None:
    """Compare ``level`` with ``baseline`` over runs that share every other factor and the seed.

    Runs of one seed are trained on the same images. ``None`` where there is no pair.
    """
    known = finished(runs)
    others = [name for name in (*FACTORS, RunRow.seed) if name != factor]
    this, base = (
        known[known[factor] == name].set_index(others)[RunRow.test_score] for name in (level, baseline)
    )
    gaps = (this - base).dropna()
    if gaps.empty:
        return None
    return Difference(float(gaps.mean()), int((gaps > 0).sum()), len(gaps))


def at_chance_level(runs: pd.DataFrame, classes: Mapping[str, int]) -> list[str]:
    """Return the finished runs whose balanced accuracy is at most that of guessing.

    ``classes``: the number of classes of each dataset.
    """
    known = finished(runs)
    known = known[known[BALANCED_ACCURACY.test].notna()]
    level = known[RunRow.dataset].map({name: 1 / count for name, count in classes.items()})
    return list(known.loc[known[BALANCED_ACCURACY.test] <= level, RunRow.run_id])
