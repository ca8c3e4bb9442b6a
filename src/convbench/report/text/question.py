"""The question that a grid is run for."""

import pandas as pd

from convbench.config.grid import Grid
from convbench.results.schema import RunRow

_ONE = {
    "architectures": "architecture",
    "strategies": "strategy",
    "augmentations": "augmentation",
}


def question(grid: Grid, runs: pd.DataFrame) -> str:
    """Return the question: what is given, what is compared, what it costs."""
    sizes = [f"{size:,}" for size in sorted(runs[RunRow.train_size].dropna().unique())] or ["all"]
    listed = sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} or {sizes[-1]}"
    datasets = " and ".join(runs[RunRow.dataset].unique())
    axes = {
        "architectures": grid.architectures,
        "strategies": list(grid.strategies),
        "augmentations": grid.augmentations,
    }
    choices = [f"{len(names)} {noun}" for noun, names in axes.items() if len(names) > 1]
    fixed = [f"{_ONE[noun]} {names[0]}" for noun, names in axes.items() if len(names) == 1]
    aside = f" ({', '.join(fixed)})" if fixed else ""
    given = f"With {listed} training images of {datasets}{aside}"
    if not choices:
        return f"{given}: how good is it, and what does it cost?"
    several = " and ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
    return f"{given}: which of {several} is best, and what does it cost?"
