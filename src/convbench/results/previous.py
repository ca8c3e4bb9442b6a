"""The report and the tables of the grid before this one."""

import shutil
from pathlib import Path

from convbench.config.grid import Grid
from convbench.files import make_folder
from convbench.results.folders import GRID, REPORTS, TABLES

PREVIOUS = REPORTS / "previous"


def set_aside(grid: Grid) -> bool:
    """Move report and tables to ``reports/previous``, unless they are of just this ``grid``.

    What lay there before is gone: it holds one grid. Returns whether there was anything to move.
    """
    if GRID.exists() and GRID.read_text(encoding="utf-8") == written(grid):
        return False
    pages = [*sorted(REPORTS.glob("*.html")), *_there(REPORTS / "runs"), *_there(TABLES)]
    if pages:
        shutil.rmtree(PREVIOUS, ignore_errors=True)
        make_folder(PREVIOUS)
        for page in pages:
            shutil.move(page, PREVIOUS / page.name)
    return bool(pages)


def written(grid: Grid) -> str:
    """Return a grid as ``results/grid.json`` holds it."""
    return grid.model_dump_json(indent=1) + "\n"


def _there(path: Path) -> list[Path]:
    return [path] if path.exists() else []
