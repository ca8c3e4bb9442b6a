"""Titles of figures: each states what its figure shows."""

from collections.abc import Sequence

import pandas as pd

from convbench.analysis.comparison import SIGNIFICANT
from convbench.analysis.convergence import TimeToTargetRow
from convbench.analysis.pareto import FRONT
from convbench.analysis.summary import TASK
from convbench.report.text.numbers import level_name, plain, points
from convbench.results.rows import rows_of
from convbench.results.schema import (
    ConvergenceRow,
    EffectRow,
    RunRow,
    SpeedRow,
    SummaryRow,
    VarianceRow,
)

_RECIPE = [RunRow.architecture, RunRow.label, RunRow.augmentation]


def by_size(dataset: str, summary: pd.DataFrame, score: str) -> str:
    """Name the strategy with the highest mean test score at each training size, and its lead.

    Means are over the architectures and augmentations that every strategy has.
    """
    tests = summary[SummaryRow.test_score]
    if summary[SummaryRow.label].nunique() < 2:
        return f"{dataset}: test {score} from {tests.min():.1%} to {tests.max():.1%}"
    leads: list[str] = []
    for size, task in summary.groupby(SummaryRow.train_size, sort=True):
        means = _means(task, SummaryRow.test_score).sort_values(ascending=False, kind="stable")
        if len(means) < 2:
            return f"{dataset}: no configuration exists with every strategy"
        lead = f"{100 * (means.iloc[0] - means.iloc[1]):.1f} points with {size:,} images"
        leads.append(f"{means.index[0]} {'by' if leads else 'leads by'} {lead}")
    return f"{dataset}: in mean test {score}, {', '.join(leads)}"


def by_seconds(dataset: str, summary: pd.DataFrame) -> str:
    """Count the configurations on the Pareto front of training time and score."""
    count = int(summary[FRONT].sum())
    verb = "is" if count == 1 else "are"
    front = "on the Pareto front of training time and score"
    return f"{dataset}: {count} of {len(summary)} configurations {verb} {front}"


def by_cost(dataset: str, task: pd.DataFrame) -> str:
    """Name the architectures on the Pareto front of inference time and score, the fastest first."""
    best = task[task[f"{FRONT}_{SpeedRow.inference_ms}"]]
    ordered = best.sort_values(SpeedRow.inference_ms, kind="stable")[SummaryRow.architecture]
    names = ", ".join(dict.fromkeys(ordered))
    return f"{dataset}: on the Pareto front of inference time and score, the fastest first: {names}"


def by_target(dataset: str, timed: pd.DataFrame) -> str:
    """Name the configuration that reaches the target first; ``timed``: rows of ``TimeToTargetRow``."""
    place = int(timed[TimeToTargetRow.seconds].to_numpy(float).argmin())
    (first,) = rows_of(timed.iloc[[place]], TimeToTargetRow)
    assert first.seconds is not None, "only configurations that reach the target are compared"
    interval = ""
    if first.low is not None and first.high is not None:
        interval = f" (95% confidence interval {plain(first.low)} to {plain(first.high)})"
    return (
        f"{dataset}: with {first.train_size:,} images, the first to reach 80% on validation is "
        f"{first.architecture}, {first.label}, {first.augmentation}: {plain(first.seconds)} s{interval}"
    )


def by_epoch(dataset: str, converged: pd.DataFrame) -> str:
    """Name the strategies that take the fewest and the most epochs to 95% of their best score.

    ``converged``: rows of ``ConvergenceRow`` with the columns of the runs.
    """
    epochs = _means(converged, ConvergenceRow.epochs_to_95_percent)
    if len(epochs) < 2:
        mean = converged[ConvergenceRow.epochs_to_95_percent].mean()
        return f"{dataset}: runs reach 95% of their own best score after {mean:.1f} epochs on average"
    return (
        f"{dataset}: runs with {epochs.idxmin()} need the fewest epochs to 95% of their own best score "
        f"({epochs.min():.1f} on average), with {epochs.idxmax()} the most ({epochs.max():.1f})"
    )


def by_mean_score(dataset: str, converged: pd.DataFrame) -> str:
    """Name the configuration with the highest mean validation score over all its epochs.

    ``converged``: rows of ``ConvergenceRow`` with the columns of the runs.
    """
    scores = converged.groupby(_RECIPE, sort=False)[ConvergenceRow.mean_score].mean()
    best = ", ".join(scores.index[int(scores.to_numpy(float).argmax())])
    highest = f"the highest validation score averaged over all epochs, {scores.max():.1%}"
    return f"{dataset}: {best} has {highest}"


def by_parameters(summary: pd.DataFrame) -> str:
    """State the range of the number of trained parameters."""
    low, high = (summary[SummaryRow.params_trainable].agg(end) for end in ("min", "max"))
    if low == high:
        return f"Every configuration trains {high:,} parameters"
    return f"Configurations train from {low:,} to {high:,} parameters"


def by_rank(ranks: "pd.Series[float]", p: float) -> str:
    """Name the configuration with the best mean rank over datasets, if ranks differ significantly."""
    if not p <= SIGNIFICANT:
        return "The ranks of the configurations over all datasets are not significantly different"
    return f"Over all datasets, {ranks.index[0]} ranks first ({ranks.iloc[0]:.1f} on average)"


def by_factor(dataset: str, effects: pd.DataFrame) -> str:
    """State the largest significant effect; ``effects``: rows of ``EffectRow``."""
    significant = [row for row in rows_of(effects, EffectRow) if row.significant]
    if not significant:
        return f"{dataset}: no factor has a significant effect"
    largest = max(significant, key=lambda row: abs(row.difference))
    level, baseline = (level_name(largest.factor, name) for name in (largest.level, largest.baseline))
    difference = points(largest.difference)
    return f"{dataset}: {level} has the largest effect, {difference} points against {baseline}"


def by_variance(dataset: str, variance: pd.DataFrame) -> str:
    """Name the factor, or interaction, that explains most of the variance, of the significant ones.

    ``variance``: rows of ``VarianceRow``.
    """
    significant = [row for row in rows_of(variance, VarianceRow) if row.significant]
    if not significant:
        return f"{dataset}: no factor explains a significant share of the variance"
    first = max(significant, key=lambda row: row.eta_squared)
    name = _term([each.replace("_", " ") for each in (first.factor, first.partner) if each])
    if len(variance) == 1:
        return f"{dataset}: {name} explains {first.eta_squared:.1%} of the variance between runs"
    return f"{dataset}: {name} explains the most variance between runs, {first.eta_squared:.1%}"


def _term(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"the interaction of {' and '.join(names)}"


def _means(data: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return the mean of each strategy over what all strategies were combined with; maybe empty."""
    key = [*TASK, RunRow.architecture, RunRow.augmentation]
    known = data[data[column].notna()]
    strategies = known.groupby(key)[RunRow.label].transform("nunique")
    common = strategies == data[RunRow.label].nunique()
    return known[common].groupby(RunRow.label, sort=False)[column].mean()
