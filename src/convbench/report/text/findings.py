"""The findings of a grid, in sentences made from the tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from convbench.analysis import factors
from convbench.analysis.summary import (
    TASK,
    Difference,
    best_by_validation,
    cheapest_within_a_point,
    paired,
    summarize,
)
from convbench.config.spec import RANDOM_WEIGHTS
from convbench.report.text.numbers import level_name, points
from convbench.results.rows import rows_of
from convbench.results.schema import (
    ConfigurationRow,
    EffectRow,
    RunRow,
    SummaryRow,
    TaskKey,
    VarianceRow,
)
from convbench.scores import title_of

LEADERBOARD, COST, FACTORS, REPRODUCE = "#leaderboard", "cost.html", "factors.html", "reproduce.html"
RUNS = f"{REPRODUCE}#runs"
_NAMED = 4  # configurations, levels or sizes that a sentence names one by one
_NOUNS: Mapping[str, str] = {
    "architecture": "architecture",
    "strategy": "strategy",
    "augmentation": "augmentation",
    "train_size": "number of training images",
}
_OF_SIZE = " (which also sets the number of epochs)"
_UNKNOWN = "significance cannot be assessed"


@dataclass(frozen=True)
class Sentence:
    """One finding, and the part of the report that shows it."""

    text: str
    link: str
    runs: str = RUNS
    """The part that lists its runs."""


@dataclass(frozen=True)
class Transfer:
    """The effect of one strategy on one task, against training from scratch."""

    dataset: str
    size: int
    strategy: str
    overall: Difference
    by_architecture: Mapping[str, Difference]


def findings(
    runs: pd.DataFrame, configurations: pd.DataFrame, effects: pd.DataFrame, variance: pd.DataFrame
) -> list[Sentence]:
    """Return what a grid shows: equally good configurations, effects, interactions, and costs.

    From the tables with these names. What the grid cannot show is left out.
    """
    summary = summarize(runs)
    if summary.empty:
        return [Sentence("No run finished: there is nothing to compare.", REPRODUCE)]
    found = [_not_different(configurations)]
    for dataset in runs[RunRow.dataset].unique():
        own = runs[runs[RunRow.dataset] == dataset]
        found += _effects(rows_of(effects[effects[EffectRow.dataset] == dataset], EffectRow), own)
        terms = rows_of(variance[variance[VarianceRow.dataset] == dataset], VarianceRow)
        found.append(_interactions(dataset, terms))
    found.append(_cost(summary, score_name(runs)))
    return [sentence for sentence in found if sentence.text]


def _tasks(data: pd.DataFrame) -> Iterator[tuple[TaskKey, pd.DataFrame]]:
    """Divide a table by task, in the order of datasets and sizes."""
    for _, task in data.groupby(list(TASK), sort=True):
        yield rows_of(task.head(1), TaskKey)[0], task


def _not_different(configurations: pd.DataFrame) -> Sentence:
    """State for each task how many configurations are not significantly different from the best."""
    parts = []
    for key, task in _tasks(configurations):
        rows = rows_of(task, ConfigurationRow)
        others = [row for row in rows if not row.best and row.compared is not None]
        if not others:
            continue
        same = [row for row in others if row.not_different]
        names = ", ".join(f"{row.architecture} {row.label} {row.augmentation}" for row in same)
        listed = f" ({names})" if 0 < len(same) <= _NAMED else ""
        better = sum(not row.not_different and (row.difference or 0) > 0 for row in others)
        more = f", and {better} significantly better" if better else ""
        parts.append(
            f"with {key.train_size:,} images of {key.dataset}, {len(same)} of the other "
            f"{len(others)}{listed}{more}"
        )
    if not parts:
        return Sentence("", LEADERBOARD)
    text = f"Configurations not significantly different from the best: {'; '.join(parts)}."
    if configurations[ConfigurationRow.seeds].max() == 1:
        text += " With one seed each, this holds for these trained networks; another seed may differ."
    return Sentence(text, LEADERBOARD)


def _effects(effects: Sequence[EffectRow], runs: pd.DataFrame) -> list[Sentence]:
    """State the largest effects of each factor of one dataset, and the levels without one."""
    by_factor: dict[str, list[EffectRow]] = {}
    for row in effects:
        by_factor.setdefault(row.factor, []).append(row)
    score = score_name(runs)
    return [Sentence(_of_factor(rows, runs, score), FACTORS) for rows in by_factor.values()]


def _of_factor(rows: Sequence[EffectRow], runs: pd.DataFrame, score: str) -> str:
    first = rows[0]
    noun = _NOUNS[first.factor] + _OF_SIZE * (first.factor == "train_size")
    baseline = level_name(first.factor, first.baseline)
    stated = [row for row in rows if row.significant or row.low is None]  # one pair has no interval
    others = _listed([level_name(row.factor, row.level) for row in rows if row not in stated])
    if not stated:
        return (
            f"On {first.dataset}, the {noun} has no significant effect on the test {score}, on average: "
            f"{others} against {baseline}."
        )
    ranked = sorted(stated, key=lambda row: -abs(row.difference))
    parts = [
        f"{level_name(row.factor, row.level)} {_change(row)}{_by_size(runs, row)}"
        for row in ranked[:_NAMED]
    ]
    if len(ranked) > _NAMED:
        parts.append(f"{len(ranked) - _NAMED} smaller effects")
    text = f"On {first.dataset}, effects of the {noun} on the test {score}, against {baseline}: "
    return f"{text}{'; '.join(parts)}.{f' Not significant on average: {others}.' if others else ''}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _change(row: EffectRow) -> str:
    text = f"{points(row.difference)} points"
    if row.low is None or row.high is None:
        pairs = "one pair" if row.pairs == 1 else f"each of {row.pairs} pairs"
        return f"{text} in {pairs} ({_UNKNOWN})"
    interval = f"95% confidence interval {points(row.low)} to {points(row.high)}"
    return f"{text} [{interval}; better in {row.better} of {row.pairs} pairs]"


def _by_size(runs: pd.DataFrame, row: EffectRow) -> str:
    """State an effect at each training size, where there are a few."""
    sizes = sorted(runs[RunRow.train_size].dropna().unique())
    if row.factor == "train_size" or not 1 < len(sizes) <= _NAMED:
        return ""
    column = factors.FACTORS[row.factor]
    found = {
        size: difference.mean
        for size in sizes
        if (difference := paired(runs[runs[RunRow.train_size] == size], column, row.level, row.baseline))
    }
    parts = ", ".join(f"{points(mean)} with {size:,}" for size, mean in found.items())
    return f" ({parts} images)" if len(found) > 1 else ""


def _interactions(dataset: str, terms: Sequence[VarianceRow]) -> Sentence:
    """State which effects depend on another factor, and the variance that this explains."""
    parts = [
        f"the effect of the {_NOUNS[row.factor]} depends on the {_NOUNS[row.partner]} "
        f"({row.eta_squared:.1%} of the variance between runs)"
        for row in terms
        if row.partner and row.significant
    ]
    return Sentence(f"On {dataset}, {'; '.join(parts)}." if parts else "", FACTORS)


def transfers(runs: pd.DataFrame) -> list[Transfer]:
    """Compare each strategy with training from scratch: by task, over all and by architecture.

    Of several configurations from scratch, the first in the grid is the baseline.
    """
    known = rows_of(runs.drop_duplicates(RunRow.label), RunRow)
    scratch = next((row.label for row in known if row.strategy == "scratch"), "")
    found = []
    for key, task in _tasks(runs):
        for label in [row.label for row in known if row.strategy != "scratch"]:
            if overall := paired(task, RunRow.label, label, scratch):
                by_architecture = {
                    str(name): difference
                    for name, own in task.groupby(RunRow.architecture, sort=False)
                    if (difference := paired(own, RunRow.label, label, scratch))
                }
                size = key.train_size or 0
                found.append(Transfer(key.dataset, size, label, overall, by_architecture))
    return found


def task_name(dataset: str, size: int) -> str:
    """Return a task's name for a reader: ``digits with 1,000 training images``."""
    return f"{dataset} with {size:,} training images"


def score_name(runs: pd.DataFrame) -> str:
    """Return the name of the runs' score for a reader; ``score`` where datasets differ in it."""
    names = runs[RunRow.score].dropna().unique()
    return title_of(str(names[0])) if len(names) == 1 else "score"


def _cost(summary: pd.DataFrame, score: str) -> Sentence:
    """Name the fastest configuration within one point of the best, on the largest task."""
    largest = max(rows_of(summary, SummaryRow), key=lambda row: row.train_size or 0)
    same_size = summary[SummaryRow.train_size] == largest.train_size
    task = summary[same_size & (summary[SummaryRow.dataset] == largest.dataset)]
    best, fastest = best_by_validation(task), cheapest_within_a_point(task)
    where = f"On {task_name(largest.dataset, largest.train_size or 0)}"
    if fastest is None:
        text = (
            f"{where}, among the configurations within one point of the best on validation, none trains "
            "faster than the best with every seed: its slowest run against the fastest of the best."
        )
        return Sentence(text, COST)
    transfer = any(row.weights != RANDOM_WEIGHTS for row in (best, fastest))
    text = (
        f"{where}, the fastest configuration to train within one point of the best on validation is "
        f"{fastest.architecture} with {fastest.label} and {fastest.augmentation}: test {score} "
        f"{fastest.test_score:.1%} after {fastest.train_seconds:.1f} s of training, against "
        f"{best.test_score:.1%} after {best.train_seconds:.1f} s for the best."
        + " These seconds do not include pretraining."
        * transfer
    )
    return Sentence(text, COST, f"{REPRODUCE}#{fastest.run}")
