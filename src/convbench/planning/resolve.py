"""Resolve device, weights and image size where a config leaves them open."""

from pathlib import Path

from convbench.config.grid import DEFAULT_WEIGHTS, Grid
from convbench.config.spec import RANDOM_WEIGHTS, Device
from convbench.config.weights import IMAGENET, is_imagenet
from convbench.strategies import strategy_of

PUBLISHED_SIZE, RANDOM_SIZE = 224, 64
_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # Nvidia's, AMD's, Windows' for Linux


def resolved(grid: Grid) -> Grid:
    """Return the grid with a device, an image size, and weights for each strategy.

    Runs on a CPU and on a GPU do not share a key: their numbers differ.
    """
    device = ("cpu" if grid.portable else _device()) if grid.device == "auto" else grid.device
    strategies = {
        name: settings
        if settings.weights != DEFAULT_WEIGHTS
        else settings.model_copy(update={"weights": _weights(grid.strategy_of(name))})
        for name, settings in grid.strategies.items()
    }
    found = grid.model_copy(update={"device": device, "strategies": strategies})
    return found if grid.image_size else found.model_copy(update={"image_size": _image_size(found)})


def _weights(strategy: str) -> str:
    """Return the weights that a strategy starts from where a config does not say it."""
    known = strategy_of(strategy)
    return IMAGENET if known is None or known.pretrained else RANDOM_WEIGHTS


def _image_size(grid: Grid) -> int:
    """Return the image size where a config does not say it.

    Published weights are evaluated at 224 px or near it (torchvision); from random weights, 64 px is the
    larger of the two sizes of Chrabaszcz et al. (2017), who train at a tenth of the cost of 224 px.
    """
    weights = {settings.weights for settings in grid.strategies.values()}
    given = any(is_imagenet(each) or each in grid.weights for each in weights)
    return PUBLISHED_SIZE if given else RANDOM_SIZE


def _device() -> Device:
    if not any(Path(driver).exists() for driver in _DRIVERS):
        return "cpu"  # without asking torch, which takes seconds to import
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
