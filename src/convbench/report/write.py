"""Write the report of one grid."""

import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

from convbench.files import make_folder, write_text
from convbench.planning.plan import Plan
from convbench.report.pages.names import PAGES
from convbench.report.pages.run import run_pages
from convbench.report.results import Results


def report(plan: Plan, tables: Path, out: Path) -> None:
    """Write the pages that compare the runs in ``tables``: ``out``, and the others beside it."""
    results = Results.read(plan, tables)
    shutil.rmtree(out.parent / "runs", ignore_errors=True)  # those of a grid before this one
    for name, html in chain(pages(results), run_pages(results)):
        make_folder((out.parent / name).parent)
        write_text(out.parent / name, html)
    print(f"{out}: {len(results.runs)} runs compared")


def pages(results: Results) -> Iterator[tuple[str, str]]:
    """Yield file and HTML of every page of ``PAGES``."""
    for file, page in PAGES.items():
        module = import_module(page.path)
        render: Callable[[Results], str] = module.render
        yield file, render(results)
