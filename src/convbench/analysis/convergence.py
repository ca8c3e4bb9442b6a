"""How fast and how steadily runs learn, from their validation score epoch by epoch."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from convbench.analysis.tables import CONVERGENCE_COLUMNS, table
from convbench.analysis.uncertainty import CONFIDENCE

TARGET = 0.8
"""The score that runs are timed to, where nothing else is asked for."""
NEAR = 0.95
"""The part of its own best score at which a run counts as converged."""


def convergence(epochs: pd.DataFrame, target: float = TARGET) -> pd.DataFrame:
    """Describe each run's learning: a row a run.

    ``epochs_to_target``, ``seconds_to_target``: until the validation score first reaches ``target``;
    missing where it never does. ``epochs_to_near``, ``seconds_to_near``: until it first reaches 95% of
    the run's best. Seconds are of training steps alone. ``area``: the mean validation score over epochs,
    in [0, 1]: of two runs that end alike, the one that learned faster has the larger one. ``gap``: the
    training score less the validation score in the last epoch, augmented images on the one side.
    ``instability``: the mean fall of the validation score from one epoch to the next, rises counting
    zero; 0 for a run that only ever improves.
    """
    rows = [
        {"run_id": run, **_of_run(own.sort_values("epoch"), target)}
        for run, own in epochs.groupby("run_id", sort=False)
    ]
    return table(rows, CONVERGENCE_COLUMNS)


def time_to_target(runs: pd.DataFrame, cell: Sequence[str], task: Sequence[str]) -> pd.DataFrame:
    """Return how long each cell takes to the target: its columns, ``seeds``, ``reached``, ``seconds``.

    ``runs``: rows of ``convergence`` with the columns that ``cell`` and, of them, ``task`` name.
    ``seconds`` is the geometric mean over the seeds that reach the target. ``low`` and ``high`` are its
    95% interval, Student's t of the logarithms: how much seeds matter is taken to be the same for all
    cells of a task, since two seeds by themselves say next to nothing of it. They are missing where a
    single seed reaches the target. Where some seeds do not, the mean is of the others alone.
    """
    logs = runs[list(cell)].assign(log=np.log(runs["seconds_to_target"].astype(float)))
    cells = logs.groupby(list(cell), sort=False)["log"]
    found = cells.agg(seeds="size", reached="count", mean="mean", spread="var").reset_index()
    freedom = (found["reached"] - 1).clip(lower=0)
    sums = found[list(task)].assign(squares=found["spread"].fillna(0) * freedom, freedom=freedom)
    pooled = sums.groupby(list(task), sort=False)[["squares", "freedom"]].transform("sum")
    error = np.sqrt(pooled["squares"] / pooled["freedom"] / found["reached"])
    half = error * stats.t.ppf((1 + CONFIDENCE) / 2, pooled["freedom"])
    half = half.where(found["reached"] > 1)
    return found[[*cell, "seeds", "reached"]].assign(
        seconds=np.exp(found["mean"]).astype("Float64"),
        low=np.exp(found["mean"] - half).astype("Float64"),
        high=np.exp(found["mean"] + half).astype("Float64"),
    )


def _of_run(epochs: pd.DataFrame, target: float) -> dict[str, float | None]:
    score = epochs["val_score"].to_numpy(dtype=float)
    seconds = epochs["seconds"].to_numpy(dtype=float).cumsum()
    training = epochs["train_accuracy"].to_numpy(dtype=float, na_value=np.nan)
    validation = epochs["val_accuracy"].to_numpy(dtype=float, na_value=np.nan)
    gap = float(training[-1] - validation[-1])
    return {
        **_until(score, seconds, target, "target"),
        **_until(score, seconds, NEAR * score.max(), "near"),
        "area": float(score.mean()),
        "gap": None if math.isnan(gap) else gap,
        "instability": float(np.maximum(-np.diff(score), 0).mean()) if len(score) > 1 else 0.0,
    }


def _until(score: np.ndarray, seconds: np.ndarray, level: float, name: str) -> dict[str, float | None]:
    reached = np.flatnonzero(score >= level)
    first = int(reached[0]) if len(reached) else None
    return {
        f"epochs_to_{name}": None if first is None else first + 1,
        f"seconds_to_{name}": None if first is None else float(seconds[first]),
    }
