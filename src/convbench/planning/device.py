"""Which device ``auto`` is on this machine, before it becomes a part of any run."""

from pathlib import Path

from convbench.config.grid import Grid
from convbench.config.spec import Device

_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # Nvidia's, AMD's, Windows' for Linux


def resolved(grid: Grid) -> Grid:
    """Return the grid with ``device: auto`` replaced by ``cuda`` or ``cpu``.

    Runs on a CPU and on a GPU do not share a key: their numbers differ.
    """
    return grid if grid.device != "auto" else grid.model_copy(update={"device": _device()})


def _device() -> Device:
    if not any(Path(driver).exists() for driver in _DRIVERS):
        return "cpu"  # without asking torch, which takes seconds to import
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
