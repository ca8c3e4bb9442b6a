"""Say how far a grid's numbers are the ones that the repository carries."""

from pathlib import Path

import pandas as pd

from convbench.analysis.reproduction import EXPECTED_COLUMNS, Reproduction, compare
from convbench.errors import UserError
from convbench.files import make_folder, write_whole

EXPECTED = Path("config/expected")


def reproduction(grid: str, tables: Path) -> Reproduction | None:
    """Compare ``tables`` with the expected numbers of the grid; ``None`` where there are none."""
    found = expected_numbers(grid)
    return compare(_runs(tables), pd.read_csv(found[0])) if found else None


def expected_numbers(grid: str) -> list[str]:
    """Return the file of the numbers that are expected of a grid, if there is one."""
    path = EXPECTED / f"{grid}.csv"
    return [str(path)] if path.exists() else []


def report_reproduction(grid: str, tables: Path) -> int:
    """Print how many runs were reproduced; return how many were not."""
    found = reproduction(grid, tables)
    if found is None:
        print(f"there are no expected numbers for {grid}: {EXPECTED / grid}.csv is not there")
        return 0
    print(found.in_words())
    for line in found.different:
        print(f"  {line}")
    return len(found.different)


def expect(grid: str, tables: Path) -> None:
    """Make the numbers in ``tables`` the expected ones of the grid."""
    runs = _runs(tables)[list(EXPECTED_COLUMNS)]
    path = make_folder(EXPECTED) / f"{grid}.csv"
    write_whole(path, lambda draft: runs.to_csv(draft, index=False))
    print(f"{path} now expects {len(runs)} runs")


def _runs(tables: Path) -> pd.DataFrame:
    path = tables / "runs.parquet"
    if not path.exists():
        raise UserError(f"{path} is not there yet; snakemake --cores all makes it")
    return pd.read_parquet(path)
