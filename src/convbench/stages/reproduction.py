"""Say how far a grid's numbers are the ones that the repository carries."""

from pathlib import Path

import pandas as pd

from convbench.analysis.reproduction import EXPECTED_COLUMNS, Reproduction, compare
from convbench.files import write_whole

EXPECTED = Path("config/expected")
TOLERANCE = 0.10
"""Of the test accuracy, a fraction. Other processors round differently, and training amplifies it:
``config/README.md`` says how far apart two instruction sets of one processor were measured to be."""


def reproduction(grid: str, tables: Path) -> Reproduction | None:
    """Compare ``tables`` with the expected numbers of the grid; ``None`` where there are none."""
    path = EXPECTED / f"{grid}.csv"
    if not path.exists():
        return None
    return compare(
        pd.read_parquet(tables / "runs.parquet"),
        pd.read_csv(path),
        TOLERANCE,
    )


def report_reproduction(grid: str, tables: Path) -> int:
    """Print how many runs were reproduced; return how many were not."""
    found = reproduction(grid, tables)
    if found is None:
        print(f"there are no expected numbers for {grid}: {EXPECTED / grid}.csv is not there")
        return 0
    print(found.in_words(TOLERANCE))
    for line in found.different:
        print(f"  {line}")
    return len(found.different)


def expect(grid: str, tables: Path) -> None:
    """Make the numbers in ``tables`` the expected ones of the grid."""
    runs = pd.read_parquet(tables / "runs.parquet", columns=list(EXPECTED_COLUMNS))
    path = EXPECTED / f"{grid}.csv"
    write_whole(path, lambda draft: runs.to_csv(draft, index=False))
    print(f"{path} now expects {len(runs)} runs")
