"""What Snakemake does before the first job and after the last."""

import atexit
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from snakemake.exceptions import WorkflowError

from convbench.errors import UserError
from convbench.files import make_folder, write_json
from convbench.jobs.ending import summary_of
from convbench.jobs.fetch import check_changed
from convbench.planning.code import files_of
from convbench.planning.keys import modules_of_run
from convbench.planning.plan import Plan
from convbench.planning.rates import rate_warnings
from convbench.planning.read import plan_of
from convbench.portable import can_be_capped
from convbench.results.folders import CODE, CONFIG
from convbench.results.origin import check_folders
from convbench.results.previous import PREVIOUS, set_aside

Found = TypeVar("Found")
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
        for name, warning in rate_warnings(plan.runs.values(), plan.pretrainings.values()).items():
            print(f"strategies.{name}: {warning}", file=sys.stderr)
    except UserError as error:
        raise SystemExit(f"convbench: {error}") from None
    return plan


def write_code(plan: Plan) -> None:
    """Note the files behind the digest of each run's code: ``results/code/<digest>.json``."""
    for run, key in plan.keys.items():
        path = CODE / f"{key.code}.json"
        if not path.exists():
            make_folder(CODE)
            write_json(path, dict(files_of(modules_of_run(plan.runs[run]))))


def begin(plan: Plan) -> None:
    """Move the pages and tables of another grid away: no page can be taken for this one's.

    Also note which files the code of the runs is in: ``convbench why`` tells what an edit changed.
    """
    write_code(plan)
    if set_aside(plan.grid):
        print(f"the report and the tables of another grid are in {PREVIOUS} now", flush=True)


def end(plan: Plan, files: Sequence[str | Path], *, done: bool) -> None:
    """Say last of all how many runs ended how, and where the report is.

    ``done``: whether every job of the workflow ended as it should. Ends the process with status 1 where
    runs failed or were killed.
    """
    config = str(files[-1]) if files else str(CONFIG)
    summary = summary_of(plan, config, done=done)
    atexit.register(print, summary.text, flush=True)
    if done and summary.broken:
        sys.exit(1)


def find(known: Mapping[str, Found], name: str) -> Found:
    """Return what a part of a path stands for; say so where it stands for nothing of this grid."""
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise WorkflowError(f"{name} is no result of this grid{hint}")
    return known[name]


def any_of(names: Iterable[str]) -> str:
    """Return the regular expression of a wildcard that stands for one of ``names``; of none, nothing."""
    return "|".join(map(re.escape, names)) or "none"
