"""How fast and how steadily runs learn, from their validation score epoch by epoch."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from convbench.analysis.uncertainty import CONFIDENCE
from convbench.results.rows import Column, column, row, table
from convbench.results.schema import ConfigurationKey, ConvergenceRow, EpochRow
from convbench.scores.accuracy import ACCURACY

TARGET = 0.8
"""The score that runs are timed to, where nothing else is asked for."""
NEARLY_BEST = 0.95
"""The part of its own best score at which a run counts as converged."""


def convergence(epochs: pd.DataFrame, target: float = TARGET) -> pd.DataFrame:
    """Describe how each run learned: rows of ``ConvergenceRow``.

    ``epochs``: rows of ``EpochRow``. Of two runs that end alike, the one that learned faster has the
    higher mean score over epochs.
    """
    rows = [
        _of_run(str(run), own.sort_values(EpochRow.epoch), target)
        for run, own in epochs.groupby(EpochRow.run_id, sort=False)
    ]
    return table(rows, ConvergenceRow)


@row
class TimeToTargetRow(ConfigurationKey):
    """How long a configuration trains until its validation score reaches the target."""

    seeds: Column[int] = column("Seeds.", "Seeds", format="count")
    reached: Column[int] = column("Seeds that reach the target.", "Seeds that reach 80%", format="count")
    seconds: Column[float | None] = column(
        "Geometric mean over these seeds.", "Seconds to 80%", unit="s", format="seconds"
    )
    low: Column[float | None] = column("Lower end of its 95% confidence interval.", "95% from", unit="s")
    high: Column[float | None] = column("Upper end.", "95% to", unit="s")


def time_to_target(
    runs: pd.DataFrame, configuration: Sequence[str], task: Sequence[str]
) -> pd.DataFrame:
    """Return how long each configuration takes to the target: the columns of ``TimeToTargetRow``.

    ``runs``: rows of ``ConvergenceRow`` with the columns that ``configuration`` and, of them, ``task``
    name. The interval is Student's t of the logarithms, with the variance over seeds pooled over the
    configurations of a task: two seeds by themselves tell little of it. It is missing where a single
    seed reaches the target. Where some seeds do not, the mean is of the others alone.
    """
    keys, log = list(configuration), "log"
    logs = runs[keys].assign(**{log: np.log(runs[ConvergenceRow.seconds_to_target].astype(float))})
    grouped = logs.groupby(keys, sort=False)[log]
    counts = {TimeToTargetRow.seeds: grouped.size(), TimeToTargetRow.reached: grouped.count()}
    found = pd.DataFrame({**counts, "mean": grouped.mean(), "spread": grouped.var()}).reset_index()
    reached = found[TimeToTargetRow.reached]
    freedom = (reached - 1).clip(lower=0)
    sums = found[list(task)].assign(squares=found["spread"].fillna(0) * freedom, freedom=freedom)
    pooled = sums.groupby(list(task), sort=False)[["squares", "freedom"]].transform("sum")
    error = np.sqrt(pooled["squares"] / pooled["freedom"] / reached)
    half = error * stats.t.ppf((1 + CONFIDENCE) / 2, pooled["freedom"])
    half = half.where(reached > 1)
    return found[[*keys, TimeToTargetRow.seeds, TimeToTargetRow.reached]].assign(
        **{
            TimeToTargetRow.seconds: np.exp(found["mean"]).astype("Float64"),
            TimeToTargetRow.low: np.exp(found["mean"] - half).astype("Float64"),
            TimeToTargetRow.high: np.exp(found["mean"] + half).astype("Float64"),
        }
    )


def _of_run(run: str, epochs: pd.DataFrame, target: float) -> ConvergenceRow:
    score = epochs[EpochRow.val_score].to_numpy(dtype=float)
    seconds = epochs[EpochRow.seconds].to_numpy(dtype=float).cumsum()
    training = epochs[ACCURACY.train].to_numpy(dtype=float, na_value=np.nan)
    validation = epochs[ACCURACY.val].to_numpy(dtype=float, na_value=np.nan)
    gap = float(training[-1] - validation[-1])
    to_target, to_best = (_first(score, level) for level in (target, NEARLY_BEST * score.max()))
    return ConvergenceRow(
        run_id=run,
        epochs_to_target=None if to_target is None else to_target + 1,
        seconds_to_target=None if to_target is None else float(seconds[to_target]),
        epochs_to_95_percent=None if to_best is None else to_best + 1,
        seconds_to_95_percent=None if to_best is None else float(seconds[to_best]),
        mean_score=float(score.mean()),
        gap=None if math.isnan(gap) else gap,
        instability=float(np.maximum(-np.diff(score), 0).mean()) if len(score) > 1 else 0.0,
    )


def _first(score: np.ndarray, level: float) -> int | None:
    """Return the first epoch, from 0, whose score reaches ``level``."""
    reached = np.flatnonzero(score >= level)
    return int(reached[0]) if len(reached) else None
