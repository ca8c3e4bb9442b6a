"""The numbers that the repository carries for a grid: ``config/expected/<grid>.csv``."""

from pathlib import Path
from typing import TYPE_CHECKING

from convbench.files import make_folder, write_whole

if TYPE_CHECKING:  # the workflow reads this file in each call, and needs no pandas for it
    import pandas as pd

EXPECTED = Path("config/expected")


def expected_file(grid: str) -> Path:
    """Return where the expected numbers of a grid lie, if there are any."""
    return EXPECTED / f"{grid}.csv"


def expected_numbers(grid: str) -> list[str]:
    """Return the file of the expected numbers of a grid, if there is one."""
    path = expected_file(grid)
    return [str(path)] if path.exists() else []


def read_expected(grid: str) -> "pd.DataFrame | None":
    """Read the expected numbers of a grid; ``None`` where there are none."""
    import pandas as pd

    path = expected_file(grid)
    return pd.read_csv(path) if path.exists() else None


def write_expected(grid: str, numbers: "pd.DataFrame") -> Path:
    """Make ``numbers`` the expected ones of a grid; return their file."""
    make_folder(EXPECTED)
    path = expected_file(grid)
    write_whole(path, lambda draft: numbers.to_csv(draft, index=False))
    return path
