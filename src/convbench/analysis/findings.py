"""What was found, in sentences made from the numbers."""

import pandas as pd

from convbench.analysis.summary import Difference, best_by_validation, cells, paired

_PAIRS = "(In brackets: in how many pairs of runs, alike in all else, it was better.)"


def findings(runs: pd.DataFrame) -> list[str]:
    """Say what transfer changed, what augmentation changed, and what the best costs: a sentence each.

    A sentence whose comparison the grid does not hold is left out.
    """
    summary = cells(runs)
    if summary.empty:
        return ["No run finished, so there is nothing to compare."]
    return [sentence for sentence in (_transfer(runs), _augmentation(runs), _cost(summary)) if sentence]


def task_name(dataset: str, size: int) -> str:
    """Name a task for a reader: ``digits with 1,000 training images``."""
    return f"{dataset} with {size:,} training images"


def _transfer(runs: pd.DataFrame) -> str:
    """Compare each way of transfer with training from scratch, per training size."""
    parts = []
    for strategy in [name for name in runs["strategy"].unique() if name != "scratch"]:
        by_task = [
            f"{_points(difference)} with {size:,} images of {dataset}{_range(task, strategy)}"
            for (dataset, size), task in runs.groupby(["dataset", "train_size"], sort=True)
            if (difference := paired(task, "strategy", strategy, "scratch"))
        ]
        if by_task:
            parts.append(f"{strategy} changed test accuracy by {'; '.join(by_task)}")
    return f"Against training from scratch, {'. And '.join(parts)}. {_PAIRS}" if parts else ""


def _range(task: pd.DataFrame, strategy: str) -> str:
    """Name the architectures that gain least and most, where there are several."""
    by_architecture = {
        str(name): difference
        for name, runs in task.groupby("architecture", sort=False)
        if (difference := paired(runs, "strategy", strategy, "scratch"))
    }
    if len(by_architecture) < 2:
        return ""
    ordered = sorted(by_architecture, key=lambda name: by_architecture[name].mean)
    ends = [f"{_signed(by_architecture[name])} with {name}" for name in (ordered[0], ordered[-1])]
    return f" (from {ends[0]} to {ends[1]})"


def _augmentation(runs: pd.DataFrame) -> str:
    """Compare each augmentation with none, over everything."""
    parts = [
        f"{name} changed test accuracy by {_points(difference)}"
        for name in runs["augmentation"].unique()
        if name != "none" and (difference := paired(runs, "augmentation", name, "none"))
    ]
    return f"Against no augmentation, {'; '.join(parts)}." if parts else ""


def _cost(summary: pd.DataFrame) -> str:
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
        f"{cheapest.test:.1%} of test images right after {cheapest.seconds:.1f} s of training, "
        f"against {best.test:.1%} after {best.seconds:.1f} s."
    )


def _points(difference: Difference) -> str:
    return f"{_signed(difference)} points ({difference.better} of {difference.pairs})"


def _signed(difference: Difference) -> str:
    points = round(difference.mean * 100, 1)
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return f"{sign}{abs(points):.1f}"
