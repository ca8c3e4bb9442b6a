"""``rates/CONFIGURATION.json``: the learning rate that a range test chose, and its curve."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from convbench.files import make_folder, read_json, write_json


@dataclass(frozen=True)
class RangeTestResult:
    """The result of one learning-rate range test."""

    configuration: str = ""
    lrs: Sequence[float] = ()
    losses: Sequence[float] = ()
    """Training losses at these rates, smoothed."""
    chosen_lr: float | None = None
    outcome: str = "finished"
    """Of the test: ``finished``, ``failed`` or ``killed``."""
    reason: str = ""
    """Why no rate was chosen; empty where one was."""

    def write(self, path: Path) -> None:
        """Write it to a file."""
        make_folder(path.parent)
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it from a file."""
        return cls(**read_json(path))
