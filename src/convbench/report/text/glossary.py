"""What the names of a grid's strategies and augmentations mean."""

from collections.abc import Mapping

from convbench.augment import augmentation_of
from convbench.config.grid import Grid
from convbench.config.spec import RANDOM_WEIGHTS
from convbench.strategies import strategy_of


def words_of(grid: Grid) -> Mapping[str, str]:
    """Return the description of each strategy and each augmentation of a grid, by name."""
    strategies = {
        name: f"{_strategy(grid.strategy_of(name))}{_start(settings.weights)}"
        for name, settings in grid.strategies.items()
    }
    augmentations = {name: augmentation_of(name).description for name in grid.augmentations}
    return {**strategies, **augmentations}


def _strategy(name: str) -> str:
    strategy = strategy_of(name)
    assert strategy is not None, "the plan refuses unknown strategies"
    return strategy.description


def _start(weights: str) -> str:
    return "" if weights == RANDOM_WEIGHTS else f" (pretrained on: {weights})"
