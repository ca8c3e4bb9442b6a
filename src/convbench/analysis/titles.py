"""What a figure shows, said as its title."""

import pandas as pd

from convbench.analysis.comparison import SIGNIFICANT
from convbench.words import plain, points


def by_size(dataset: str, summary: pd.DataFrame, score: str) -> str:
    """Say by how much which strategy has the highest mean test score, over the cells that all have."""
    if summary["strategy"].nunique() < 2:
        low, high = summary["test"].min(), summary["test"].max()
        return f"{dataset}: test {score} from {low:.1%} to {high:.1%}"
    ahead = []
    for size, task in summary.groupby("train_size", sort=True):
        means = _means(task, "test").sort_values(ascending=False, kind="stable")
        if len(means) < 2:
            return f"{dataset}: no combination was tried with every strategy"
        margin = points(means.iloc[0] - means.iloc[1])
        ahead.append(f"{means.index[0]} by {margin} points with {size:,} images")
    return f"{dataset}: ahead on average {', '.join(ahead)}"


def by_seconds(dataset: str, summary: pd.DataFrame) -> str:
    """Say how many cells are worth their time; ``front`` marks them."""
    count = int(summary["front"].sum())
    verb = "is" if count == 1 else "are"
    return (
        f"{dataset}: {count} of {len(summary)} combinations {verb} beaten by no other "
        "in both time and score"
    )


def by_cost(dataset: str, task: pd.DataFrame) -> str:
    """Say which networks are worth what they cost once trained; ``front_predict_ms`` marks them."""
    names = dict.fromkeys(
        task[task["front_predict_ms"]].sort_values("predict_ms", kind="stable")["architecture"]
    )
    return f"{dataset}: worth their inference time, the fastest first: {', '.join(names)}"


def by_target(dataset: str, cells: pd.DataFrame) -> str:
    """Say which cell is the first at the target."""
    first = cells.loc[cells["seconds"].idxmin()]
    known = not pd.isna(first["low"])
    spread = f" ({plain(first['low'])} to {plain(first['high'])})" if known else ""
    return (
        f"{dataset}: with {first['train_size']:,} images, the fastest to 80% on validation is "
        f"{first['architecture']}, {first['strategy']}, "
        f"{first['augmentation']}: {plain(first['seconds'])} s{spread}"
    )


def by_epoch(dataset: str, converged: pd.DataFrame) -> str:
    """Say which strategy comes near its own best first; a row a run with ``epochs_to_near``."""
    epochs = _means(converged, "epochs_to_near")
    if len(epochs) < 2:
        mean = converged["epochs_to_near"].mean()
        return f"{dataset}: 95% of the best after {mean:.1f} epochs on average"
    return (
        f"{dataset}: {epochs.idxmin()} is first to 95% of its own best, after {epochs.min():.1f} epochs "
        f"on average (the slowest: {epochs.idxmax()}, {epochs.max():.1f})"
    )


def by_area(dataset: str, converged: pd.DataFrame) -> str:
    """Say which cell has the highest score over all its epochs; a row a run with ``area``."""
    areas = converged.groupby(["architecture", "strategy", "augmentation"], sort=False)["area"].mean()
    return (
        f"{dataset}: {', '.join(areas.idxmax())} does best over all epochs, {areas.max():.1%} on average"
    )


def by_parameters(summary: pd.DataFrame) -> str:
    """Say how far the number of parameters that learn is spread."""
    low, high = summary["params_trainable"].min(), summary["params_trainable"].max()
    if low == high:
        return f"Every combination trains {high:,} parameters"
    return f"From {low:,} to {high:,} parameters learn"


def by_rank(ranks: pd.Series, p: float) -> str:
    """Say who ranks first over the datasets, if the ranks differ beyond chance."""
    if not p <= SIGNIFICANT:
        return "Over all datasets, no way to train ranks apart from the others beyond chance"
    return f"Over all datasets, {ranks.index[0]} ranks first ({ranks.iloc[0]:.1f} on average)"


def by_factor(dataset: str, effects: pd.DataFrame) -> str:
    """Say which effect is the largest that is seen."""
    seen = effects[effects["seen"]]
    if seen.empty:
        return f"{dataset}: no choice shows an effect beyond chance"
    largest = seen.loc[seen["difference"].abs().idxmax()]
    level = (
        f"{int(largest['level']):,} images" if largest["factor"] == "train_size" else largest["level"]
    )
    return (
        f"{dataset}: the largest effect is of {level}, {points(largest['difference'])} points "
        f"against {largest['baseline']}"
    )


def by_share(dataset: str, variance: pd.DataFrame) -> str:
    """Say what explains most, of what explains more than chance would."""
    seen = variance[variance["seen"]]
    if seen.empty:
        return f"{dataset}: no choice explains more than chance would"
    first = seen.loc[seen["share"].idxmax()]
    names = [str(first[name]).replace("_", " ") for name in ("factor", "with") if first[name]]
    verb = "explains" if len(names) == 1 else "explain"
    if len(variance) == 1:
        return f"{dataset}: {names[0]} explains {first['share']:.1%} of what differs between runs"
    return f"{dataset}: {' and '.join(names)} {verb} more than any other choice ({first['share']:.1%})"


def _means(data: pd.DataFrame, column: str) -> pd.Series:
    """Return the mean of each strategy over the cells that all strategies have; empty without any."""
    key = [name for name in ("dataset", "train_size", "architecture", "augmentation") if name in data]
    known = data[data[column].notna()]
    common = known.groupby(key)["strategy"].transform("nunique") == data["strategy"].nunique()
    return known[common].groupby("strategy", sort=False)[column].mean()
