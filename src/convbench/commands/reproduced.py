"""Compare the numbers of a grid with the expected ones, or record them."""

from pathlib import Path

import pandas as pd

from convbench.analysis.reproduction import BAND, EXPECTED, compare, reproduction
from convbench.errors import UserError
from convbench.report.text.reproduction import named, sentence
from convbench.results.expected import expected_file, write_expected
from convbench.results.rows import read_table
from convbench.results.schema import RunRow

_RUNS = "runs.parquet"
_DIGITS = 5  # of a band, a fraction


def report_reproduction(grid: str, tables: Path, *, strict: bool = False) -> bool:
    """Print how far the runs are as expected; return whether that is good enough.

    If ``strict``, only exact numbers are, and each run that is not exact is listed.
    """
    found = reproduction(grid, _runs(tables))
    if found is None:
        print(f"there are no expected numbers for {grid}: {expected_file(grid)} is not there")
        return not strict
    print(sentence(found))
    if not strict:
        return True
    for run in found.of("within", "different", "missing"):
        print(f"  {named(run)}")
    return found.is_exact


def expect(grid: str, tables: Path, perturbed: Path | None = None) -> None:
    """Make the numbers in ``tables`` the expected ones of the grid.

    ``perturbed`` is the results folder, or the tables, of the same grid with a ``perturbation``: from
    both comes the band of each configuration.
    """
    runs = _runs(tables)
    expected = _known(runs)
    if perturbed is not None:
        expected = expected.assign(**{BAND: _bands(runs, perturbed)})
    path = write_expected(grid, expected)
    without = "" if perturbed else ", without bands: --perturbed FOLDER gives them"
    print(f"{path} now expects {len(runs)} runs{without}")


def _known(runs: pd.DataFrame) -> pd.DataFrame:
    """Select the columns that are expected; of the scores those that some run has."""
    return runs[list(EXPECTED)].dropna(axis="columns", how="all")


def _bands(runs: pd.DataFrame, perturbed: Path) -> "pd.Series[float]":
    from convbench.analysis.bands import bands

    nested = perturbed / "tables"
    others = _runs(nested if (nested / _RUNS).exists() else perturbed)
    found = bands(runs, others)
    if found.empty:
        raise UserError(f"{perturbed} holds none of the runs of this grid that finished")
    if compare(others, _known(runs)).is_exact:
        raise UserError(
            f"{perturbed} holds the same numbers to the bit; it should hold the same grid run with "
            "'perturbation: 1e-7', in another folder than this one"
        )
    return runs[RunRow.run_id].map(found).round(_DIGITS)


def _runs(tables: Path) -> pd.DataFrame:
    path = tables / _RUNS
    if not path.exists():
        raise UserError(f"{path} is not there yet; snakemake --cores all makes it")
    return read_table(path, RunRow)
