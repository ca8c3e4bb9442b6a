"""Say how far a grid's numbers are the ones that the repository carries."""

from pathlib import Path

import pandas as pd

from convbench.analysis.reproduction import BAND, EXPECTED_COLUMNS, Reproduction, compare
from convbench.errors import UserError
from convbench.files import make_folder, write_whole

EXPECTED = Path("config/expected")
_RUNS = "runs.parquet"
_DIGITS = 5  # of a band, a fraction


def reproduction(grid: str, tables: Path) -> Reproduction | None:
    """Compare ``tables`` with the expected numbers of the grid; ``None`` where there are none."""
    found = expected_numbers(grid)
    return compare(_runs(tables), pd.read_csv(found[0])) if found else None


def expected_numbers(grid: str) -> list[str]:
    """Return the file of the numbers that are expected of a grid, if there is one."""
    path = EXPECTED / f"{grid}.csv"
    return [str(path)] if path.exists() else []


def report_reproduction(grid: str, tables: Path, *, strict: bool = False) -> bool:
    """Say in a sentence how far the runs are as expected; tell whether that is good enough.

    If ``strict``, only exact numbers are, and each run that is not exact is listed.
    """
    found = reproduction(grid, tables)
    if found is None:
        print(f"there are no expected numbers for {grid}: {EXPECTED / grid}.csv is not there")
        return not strict
    print(found.in_words())
    if not strict:
        return True
    for run in found.of("within", "different", "missing"):
        print(f"  {run.in_words()}")
    return found.is_exact


def expect(grid: str, tables: Path, perturbed: Path | None = None) -> None:
    """Make the numbers in ``tables`` the expected ones of the grid.

    ``perturbed`` is the results folder, or the tables, of the same grid with a ``perturbation``: from
    both comes the band of each configuration.
    """
    runs = _runs(tables)
    expected = runs[list(EXPECTED_COLUMNS)]
    if perturbed is not None:
        expected = expected.assign(**{BAND: _bands(runs, perturbed)})
    path = make_folder(EXPECTED) / f"{grid}.csv"
    write_whole(path, lambda draft: expected.to_csv(draft, index=False))
    without = "" if perturbed else ", without bands: --perturbed FOLDER gives them"
    print(f"{path} now expects {len(runs)} runs{without}")


def _bands(runs: pd.DataFrame, perturbed: Path) -> pd.Series:
    from convbench.analysis.bands import (
        bands,
    )  # SciPy takes a second, and each snakemake reads this file

    nested = perturbed / "tables"
    others = _runs(nested if (nested / _RUNS).exists() else perturbed)
    found = bands(runs, others)
    if found.empty:
        raise UserError(f"{perturbed} holds none of the runs of this grid that finished")
    if compare(others, runs[list(EXPECTED_COLUMNS)]).is_exact:
        raise UserError(
            f"{perturbed} holds the same numbers to the bit; it should hold the same grid run with "
            "'perturbation: 1e-7', in another folder than this one"
        )
    return runs["run_id"].map(found).round(_DIGITS)


def _runs(tables: Path) -> pd.DataFrame:
    path = tables / _RUNS
    if not path.exists():
        raise UserError(f"{path} is not there yet; snakemake --cores all makes it")
    return pd.read_parquet(path)
