"""What the names of a grid mean, for who meets them in the report first."""

from collections.abc import Mapping

from convbench.augment import augmentation_of
from convbench.config.grid import Grid
from convbench.strategies import blocks_in

_METHODS = {
    "scratch": "every layer learns, from random numbers",
    "feature_extraction": "a pretrained network stays as it is, and a new classifier on it learns",
    "fine_tune": "every layer of a pretrained network learns on, and a new classifier",
    "probe_then_fine_tune": "feature extraction first, then every layer",
    "gradual_unfreeze": "a new classifier first, then block by block from the top",
    "evaluate": "nothing learns: the pretrained network as it is",
}


def words_of(grid: Grid) -> Mapping[str, str]:
    """Say what each strategy and each augmentation of a grid does: name -> words."""
    strategies = {
        name: f"{_method(grid.method(name))}{_start(settings.weights)}"
        for name, settings in grid.strategies.items()
    }
    augmentations = {
        name: "training images as they are" if name == "none" else augmentation_of(name).says
        for name in grid.augmentations
    }
    return {**strategies, **augmentations}


def _method(name: str) -> str:
    count = blocks_in(name)
    if not count:
        return _METHODS[name]
    blocks = "block" if count == 1 else f"{count} blocks"
    return f"the last {blocks} of a pretrained network and a new classifier learn"


def _start(weights: str) -> str:
    return "" if weights == "random" else f" (pretrained on: {weights})"
