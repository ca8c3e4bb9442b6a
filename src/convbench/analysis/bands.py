"""How much a test score varies with floating-point rounding and with the seed.

Another processor rounds differently, and training amplifies that, some configurations more than others.
How much is measured: the grid is run a second time with initial weights that differ by as much as a
rounding error does. The scores of a configuration, all seeds of both grids, are a few samples of what it
might have given, and their variance estimates how far two such samples are apart.

Six numbers know their variance badly, so the configurations of a task inform each other: each variance
is moved towards the typical one of its task, the further the more alike the configurations are (Smyth
2004, *Linear models and empirical Bayes methods for assessing differential expression in microarray
experiments*, section 6). The band is the t interval of the difference of two samples.
"""

import math

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from convbench.analysis.reproduction import BAND, INSIDE
from convbench.analysis.summary import FACTORS, TASK
from convbench.results.schema import RunRow

_OTHER = "_2"  # suffix of the columns of the perturbed runs
_SCORE = "a test score"  # of either


def bands(runs: pd.DataFrame, perturbed: pd.DataFrame) -> "pd.Series[float]":
    """Return how far each run's test score may be from the expected one, a fraction, indexed by run.

    ``runs`` and ``perturbed``: rows of ``RunRow`` of the same ids, the latter with perturbed initial
    weights. Runs that did not finish in both have no band and are left out.
    """
    both = runs.merge(
        perturbed[[RunRow.run_id, RunRow.outcome, RunRow.test_score]],
        on=RunRow.run_id,
        suffixes=("", _OTHER),
    )
    done = both[(both[RunRow.outcome] == "finished") & (both[RunRow.outcome + _OTHER] == "finished")]
    tasks = [_of_task(task) for _, task in done.groupby(list(TASK), sort=False)]
    found: pd.Series[float] = pd.concat([pd.Series(dtype=float), *tasks])
    return found


def _of_task(task: pd.DataFrame) -> "pd.Series[float]":
    both = task[[*FACTORS, RunRow.test_score, RunRow.test_score + _OTHER]]
    scores = both.melt(list(FACTORS), value_name=_SCORE)
    grouped = scores.astype({_SCORE: float}).groupby(list(FACTORS), sort=False)[_SCORE]
    variances = np.maximum(grouped.var().to_numpy(), _of_rounding(scores[_SCORE].to_numpy(float)))
    counts = grouped.size()
    widths = pd.Series(half_widths(variances, counts.to_numpy() - 1), counts.index, name=BAND)
    banded: pd.Series[float] = task.join(widths, on=list(FACTORS)).set_index(RunRow.run_id)[BAND]
    return banded


def _of_rounding(scores: np.ndarray) -> float:
    """Return the variance that a score has because it counts images: the least that one can have.

    The smallest difference between two scores stands for one image.
    """
    steps = np.diff(np.unique(scores.round(9)))
    return float(steps.min()) ** 2 / 12 if len(steps) else 0.0


def half_widths(variances: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Return, of each configuration of a task, how far apart two of its scores may be ``[n]``.

    ``variances`` of its scores and their degrees of ``freedom``, both ``[n]``.
    """
    if not variances.any():  # nothing ever moved
        return np.zeros(len(variances))
    typical, weight = typical_variance(variances, freedom)
    known = freedom + weight
    own = (freedom * variances + weight * typical) / known if math.isfinite(weight) else typical
    reach = stats.t.isf((1 - INSIDE) / 2, np.minimum(known, freedom.sum()))
    return np.asarray(reach * np.sqrt(2 * own) * np.ones(len(variances)))


def typical_variance(variances: np.ndarray, freedom: np.ndarray) -> tuple[float, float]:
    """Return the typical variance of a task and how many degrees of freedom it is worth.

    Both by the moments of the logarithms, as a scaled F distribution has them: the less the variances
    differ beyond what noise explains, the more the typical one is worth; infinitely much where they
    do not. One configuration has nothing to learn from: its own variance, worth nothing.
    """
    if len(variances) < 2:
        return float(variances[0]), 0.0
    logs = np.log(variances) - special.digamma(freedom / 2) + np.log(freedom / 2)
    excess = float(logs.var(ddof=1) - special.polygamma(1, freedom / 2).mean())
    if excess <= _ALIKE:
        return math.exp(logs.mean()), math.inf
    weight = 2 * _inverse_trigamma(excess)
    return math.exp(logs.mean() + special.digamma(weight / 2) - math.log(weight / 2)), weight


_ALIKE = 1e-3
"""Variance of logarithms below which variances are taken to be the same."""


def _inverse_trigamma(value: float) -> float:
    return float(optimize.brentq(lambda x: float(special.polygamma(1, x)) - value, 1e-4, 2 / _ALIKE))
