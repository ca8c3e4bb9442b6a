"""What was found, in sentences made from the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from convbench.analysis.summary import (
    Difference,
    best_by_validation,
    cells,
    cheapest_near,
    paired,
)
from convbench.words import points

LEADERBOARD, COST, FACTORS, REPRODUCE = "#leaderboard", "cost.html", "factors.html", "reproduce.html"
RUNS = f"{REPRODUCE}#runs"
_NAMED = 4  # combinations that a sentence lists by name
_LISTED = 4  # levels of a factor, likewise
_NOUNS = {
    "architecture": "architecture",
    "strategy": "strategy",
    "augmentation": "augmentation",
    "train_size": "number of training images",
}
_SUBJECTS = {
    "architecture": "the architecture",
    "strategy": "the strategy",
    "augmentation": "the augmentation",
    "train_size": "a task with more training images (and epochs of its own)",
}


@dataclass(frozen=True)
class Sentence:
    """One finding, and the part of the report that shows it."""

    text: str
    link: str
    runs: str = RUNS
    """Where its runs are listed."""


@dataclass(frozen=True)
class Transfer:
    """What one strategy changed on one task, against training from scratch."""

    dataset: str
    size: int
    strategy: str
    overall: Difference
    by_architecture: Mapping[str, Difference]


def findings(
    runs: pd.DataFrame, comparisons: pd.DataFrame, effects: pd.DataFrame, variance: pd.DataFrame
) -> list[Sentence]:
    """Say what is told from the best, what each choice bought, what hangs on what, and what it costs.

    From the tables of these names. A sentence whose comparison the grid does not hold is left out.
    """
    summary = cells(runs)
    if summary.empty:
        return [Sentence("No run finished, so there is nothing to compare.", REPRODUCE)]
    found = [_ties(comparisons)]
    for dataset, own in runs.groupby("dataset", sort=False):
        found += _bought(str(dataset), effects[effects["dataset"] == dataset], own)
        found.append(_depends(str(dataset), variance[variance["dataset"] == dataset]))
    found.append(_cost(summary, runs))
    return [sentence for sentence in found if sentence.text]


def _ties(comparisons: pd.DataFrame) -> Sentence:
    """Say, task by task, how many ways to train cannot be told from the best."""
    parts = []
    for (dataset, size), task in comparisons.groupby(["dataset", "train_size"], sort=True):
        others = task[~task["best"] & task["compared"].notna()]
        tied = others[others["tied"]]
        if len(others):
            named = [
                f"{row.architecture} {row.strategy} {row.augmentation}" for row in tied.itertuples()
            ]
            listed = f" ({', '.join(named)})" if 0 < len(named) <= _NAMED else ""
            ahead = int((~others["tied"] & (others["difference"] > 0)).sum())
            more = f", and {ahead} told to be better than it" if ahead else ""
            parts.append(
                f"with {size:,} images of {dataset}, {len(tied)} of {len(others)}{listed}{more}"
            )
    if not parts:
        return Sentence("", LEADERBOARD)
    alone = comparisons["seeds"].max() == 1
    note = (
        " With one seed each, that speaks of these trained networks, not of the ways to train."
        if alone
        else ""
    )
    return Sentence(
        f"Other ways to train that cannot be told from the best: {'; '.join(parts)}.{note}",
        LEADERBOARD,
    )


def _bought(dataset: str, effects: pd.DataFrame, runs: pd.DataFrame) -> list[Sentence]:
    """Say of each factor what its levels changed: the largest effects, and which show none."""
    sentences, score = [], score_name(runs)
    for factor, own in effects.groupby("factor", sort=False):
        alone = own["low"].isna()  # one pair: nothing is known of chance
        seen, unseen = own[own["seen"] | alone], own[~own["seen"] & ~alone]
        ranked = seen.sort_values("difference", key=lambda change: -change.abs(), kind="stable")
        parts = [
            f"{_level(factor, row.level)} by {_change(row)}{_by_size(runs, row)}"
            for row in ranked[:_LISTED].itertuples()
        ]
        if len(ranked) > _LISTED:
            parts.append(f"{len(ranked) - _LISTED} more by less")
        if len(unseen):
            names = [_level(factor, level) for level in unseen["level"][:_LISTED]]
            more = f" and {len(unseen) - _LISTED} more" if len(unseen) > _LISTED else ""
            parts.append(f"no effect beyond chance is seen on average of {', '.join(names)}{more}")
        against = _level(factor, own["baseline"].iloc[0])
        verb = "changed" if len(seen) else "did not visibly change"
        text = f"On {dataset}, {_SUBJECTS[str(factor)]} {verb} the test {score} against {against}: "
        sentences.append(Sentence(f"{text}{'; '.join(parts)}.", FACTORS))
    return sentences


def _change(row: Any) -> str:  # noqa: ANN401 (a row of pandas' itertuples)
    said = f"{points(row.difference)} points"
    if pd.isna(row.low):
        pairs = "one pair" if row.pairs == 1 else f"each of {row.pairs} pairs"
        return f"{said} in {pairs}, which says nothing of chance"
    return f"{said} [{points(row.low)} to {points(row.high)}; better in {row.better} of {row.pairs}]"


def _by_size(runs: pd.DataFrame, row: Any) -> str:  # noqa: ANN401 (a row of pandas' itertuples)
    """Say what a change is at each training size, where there are a few."""
    if row.factor == "train_size" or not 1 < runs["train_size"].nunique() <= _NAMED:
        return ""
    found = {
        int(size): difference.points
        for size, task in runs.groupby("train_size", sort=True)
        if (difference := paired(task, row.factor, row.level, row.baseline))
    }
    sizes = ", ".join(f"{changed} with {size:,}" for size, changed in found.items())
    return f" ({sizes} images)" if len(found) > 1 else ""


def _level(factor: object, name: str) -> str:
    return f"{int(name):,} images" if factor == "train_size" else name


def _depends(dataset: str, variance: pd.DataFrame) -> Sentence:
    """Say which choices hang on which, by the share of the variance that they explain together."""
    together = variance[(variance["with"] != "") & variance["seen"]]
    parts = [
        f"what the {_NOUNS[row.factor]} buys depends on the {_NOUNS[row.partner]} "
        f"({row.share:.1%} of the variance between runs)"
        for row in together.rename(columns={"with": "partner"}).itertuples()
    ]
    return Sentence(f"On {dataset}, {'; '.join(parts)}." if parts else "", FACTORS)


def transfers(runs: pd.DataFrame) -> list[Transfer]:
    """Compare each strategy with training from scratch: by task, over all and by architecture.

    Of several recipes from scratch, the first is what others are compared with.
    """
    found = []
    methods = runs.drop_duplicates("strategy").set_index("strategy")["method"]
    scratch = next(iter(methods.index[methods == "scratch"]), "")
    for (dataset, size), task in runs.groupby(["dataset", "train_size"], sort=True):
        for strategy in methods.index[methods != "scratch"]:
            if overall := paired(task, "strategy", strategy, scratch):
                by_architecture = {
                    str(name): difference
                    for name, own in task.groupby("architecture", sort=False)
                    if (difference := paired(own, "strategy", strategy, scratch))
                }
                found.append(Transfer(str(dataset), int(size), strategy, overall, by_architecture))
    return found


def task_name(dataset: str, size: int) -> str:
    """Name a task for a reader: ``digits with 1,000 training images``."""
    return f"{dataset} with {size:,} training images"


def score_name(runs: pd.DataFrame) -> str:
    """Name what the runs are scored by, for a reader; ``score`` where datasets differ in it."""
    names = runs["score"].dropna().unique()
    return str(names[0]).replace("_", " ") if len(names) == 1 else "score"


def _cost(summary: pd.DataFrame, runs: pd.DataFrame) -> Sentence:
    """Name the cheapest cell within one point of the best, on the largest task."""
    size, dataset = summary["train_size"].max(), summary.loc[summary["train_size"].idxmax(), "dataset"]
    largest = summary[(summary["train_size"] == size) & (summary["dataset"] == dataset)]
    best = best_by_validation(largest)
    cheapest = cheapest_near(largest)
    where = task_name(best["dataset"], best["train_size"])
    if cheapest is None:
        text = f"On {where}, nothing surely cheaper comes within a point of the best on validation."
        return Sentence(text, COST)
    transfer = any(pd.notna(cell.weights) and cell.weights != "random" for cell in (best, cheapest))
    apart = " What transfer starts from is not in these seconds." if transfer else ""
    return Sentence(
        f"On {where}, the cheapest within one point of the best on validation is "
        f"{cheapest.architecture} with {cheapest.strategy} and {cheapest.augmentation}: "
        f"test {score_name(runs)} {cheapest.test:.1%} after {cheapest.seconds:.1f} s of training, "
        f"against {best.test:.1%} after {best.seconds:.1f} s.{apart}",
        COST,
        f"{REPRODUCE}#{cheapest.run}",
    )
