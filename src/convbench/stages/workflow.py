"""What Snakemake does before any work, and after all of it."""

import atexit
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convbench.errors import UserError
from convbench.portable import can_be_capped
from convbench.stages.checks import rate_warnings
from convbench.stages.ending import summary_of
from convbench.stages.fetch import check_changed
from convbench.stages.grid import DEFAULT, plan_of
from convbench.stages.plan import Plan
from convbench.stages.previous import PREVIOUS, set_aside
from convbench.stages.runs import check_folders

_CLOSE = (
    "portable: this is not Linux on x86-64 with AVX2, so runs use what there is: their numbers are near "
    "those of other machines, not the same"
)


def ready(config: Mapping[str, Any], files: Sequence[str | Path]) -> Plan:
    """Make sure that the config is right, the folders can be written and the data is what it was.

    Ends the process with the message of what is not: Snakemake would add a stack trace to it.
    """
    try:
        plan = plan_of(config, files)
        check_folders()
        check_changed(plan.grid.dataset_names(), plan.grid.datasets)
        if plan.grid.portable and not can_be_capped():
            print(_CLOSE, file=sys.stderr)
        for name, warning in rate_warnings(plan.grid).items():
            print(f"strategies.{name}: {warning}", file=sys.stderr)
    except UserError as error:
        raise SystemExit(f"convbench: {error}") from None
    return plan


def begin(plan: Plan) -> None:
    """Move the pages and tables of another grid away: no page can be taken for this one's."""
    if set_aside(plan.grid):
        print(f"the report and the tables of another grid are in {PREVIOUS} now", flush=True)


def end(plan: Plan, files: Sequence[str | Path], *, done: bool) -> None:
    """Say last of all how many runs ended how, and where the report is.

    ``done``: whether every job of the workflow ended as it should. Ends the process with status 1 where
    runs failed or were killed.
    """
    config = str(files[-1]) if files else str(DEFAULT)
    summary = summary_of(plan, config, done=done)
    atexit.register(print, summary.text, flush=True)
    if done and summary.broken:
        sys.exit(1)


def any_of(names: Iterable[str]) -> str:
    """Return the regular expression of a wildcard that stands for one of ``names``; of none, nothing."""
    return "|".join(map(re.escape, names)) or "none"
