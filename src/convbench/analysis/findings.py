"""What was found, in sentences made from the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from convbench.analysis.summary import Difference, best_by_validation, cells, paired


@dataclass(frozen=True)
class Transfer:
    """What one strategy changed on one task, against training from scratch."""

    dataset: str
    size: int
    strategy: str
    overall: Difference
    by_architecture: Mapping[str, Difference]


def findings(runs: pd.DataFrame) -> list[str]:
    """Say what transfer changed, what augmentation changed, and what the best costs: a sentence each.

    A sentence whose comparison the grid does not hold is left out.
    """
    summary = cells(runs)
    if summary.empty:
        return ["No run finished, so there is nothing to compare."]
    sentences = (_transfer(transfers(runs), runs), _augmentation(runs), _cost(summary, runs))
    return [sentence for sentence in sentences if sentence]


def transfers(runs: pd.DataFrame) -> list[Transfer]:
    """Compare each strategy with training from scratch: by task, over all and by architecture."""
    found = []
    for (dataset, size), task in runs.groupby(["dataset", "train_size"], sort=True):
        for strategy in [name for name in runs["strategy"].unique() if name != "scratch"]:
            if overall := paired(task, "strategy", strategy, "scratch"):
                by_architecture = {
                    str(name): difference
                    for name, own in task.groupby("architecture", sort=False)
                    if (difference := paired(own, "strategy", strategy, "scratch"))
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


def _transfer(found: list[Transfer], runs: pd.DataFrame) -> str:
    """Say each strategy's mean change with the fewest and with the most images of each dataset."""
    parts = []
    for dataset in dict.fromkeys(each.dataset for each in found):
        sizes = [each.size for each in found if each.dataset == dataset]
        for size in dict.fromkeys((min(sizes), max(sizes))):
            changes = [
                f"{each.strategy} by {_points(each.overall)}"
                for each in found
                if (each.dataset, each.size) == (dataset, size)
            ]
            parts.append(f"with {size:,} images of {dataset}, {', '.join(changes)}")
    if not parts:
        return ""
    return (
        f"Against training from scratch, transfer changed the test {score_name(runs)}: "
        f"{'; '.join(parts)}. "
        "(In brackets: in how many pairs of runs, alike in all else, it was better.)"
    )


def _augmentation(runs: pd.DataFrame) -> str:
    """Compare each augmentation with none, over everything."""
    parts = [
        f"{name} changed the test {score_name(runs)} by {_points(difference)}"
        for name in runs["augmentation"].unique()
        if name != "none" and (difference := paired(runs, "augmentation", name, "none"))
    ]
    return f"Against no augmentation, {'; '.join(parts)}." if parts else ""


def _cost(summary: pd.DataFrame, runs: pd.DataFrame) -> str:
    """Name the cheapest cell within one point of the best, on the largest task."""
    size, dataset = summary["train_size"].max(), summary.loc[summary["train_size"].idxmax(), "dataset"]
    largest = summary[(summary["train_size"] == size) & (summary["dataset"] == dataset)]
    best = best_by_validation(largest)
    near = largest[largest["val"] >= best["val"] - 0.01]
    cheapest = near.loc[near["seconds"].idxmin()]
    where = task_name(best["dataset"], best["train_size"])
    if cheapest.name == best.name:
        return f"On {where}, nothing cheaper comes within a point of the best on validation."
    return (
        f"On {where}, the cheapest within one point of the best on validation is "
        f"{cheapest.architecture} with {cheapest.strategy} and {cheapest.augmentation}: "
        f"test {score_name(runs)} {cheapest.test:.1%} after {cheapest.seconds:.1f} s of training, "
        f"against {best.test:.1%} after {best.seconds:.1f} s."
    )


def _points(difference: Difference) -> str:
    return f"{difference.points} points ({difference.better} of {difference.pairs})"
