"""Sentences on failed, killed and missing runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from convbench.analysis.summary import UnfinishedRow, unfinished
from convbench.data.prepared import why_absent
from convbench.files import read_json
from convbench.planning.plan import Plan
from convbench.results.folders import TRACKED
from convbench.results.rows import rows_of
from convbench.results.schema import RunRow, SpeedRow
from convbench.results.view import ABOUT

_NAMED = 10  # configurations of a kind that are named one by one


def missing(plan: Plan, runs: pd.DataFrame, speeds: pd.DataFrame) -> list[str]:
    """Return a sentence for each run, dataset and measurement that the report lacks."""
    with_data = runs[runs[RunRow.dataset].isin(_present(plan))]
    return [*_data(plan), *_runs(unfinished(with_data)), *_beside(plan, speeds), *_tracking()]


def _present(plan: Plan) -> list[str]:
    """Return the grid's datasets that were prepared."""
    return [name for name in plan.grid.dataset_names() if not why_absent(plan.prepared(name))]


def _runs(rows: Sequence[UnfinishedRow]) -> Iterator[str]:
    """Name the configurations without any finished seed, then those that lack some."""
    for some in (False, True):
        own = [row for row in rows if bool(row.seeds) == some]
        yield from (_unfinished(row) for row in own[:_NAMED])
        if len(own) > _NAMED:
            more = len(own) - _NAMED
            yield f"Runs of {more} more configurations did not finish: see Reproduce, All runs."


def _unfinished(row: UnfinishedRow) -> str:
    configuration, _, seed = row.run.rpartition("/")
    finished = f"{row.seeds} of {row.planned} seeds" if row.seeds else "no seed"
    of = "; its results are those of these seeds" if row.seeds else ""
    return f"{configuration}: {finished} finished ({row.outcomes}){of}. {seed}: {row.reason}"


def _data(plan: Plan) -> Iterator[str]:
    for name in plan.grid.dataset_names():
        if reason := why_absent(plan.prepared(name)):
            yield f"{reason[0].upper()}{reason[1:]}. Its runs failed."


def _beside(plan: Plan, speeds: pd.DataFrame) -> Iterator[str]:
    """Name the measurements beside the runs that failed."""
    for row in rows_of(speeds, SpeedRow):
        if row.reason:
            yield f"The speed of {row.architecture} could not be measured: {row.reason}"
    there = _present(plan)
    views = [view for view, runs in plan.explained.items() if runs[0].dataset in there]
    tests = [key for key, run in plan.range_tests.items() if run.dataset in there]
    files: dict[str, Path] = {
        **{f"The audit of {name}": plan.audit_file(name) for name in there},
        **{f"The explanation of {view}": plan.view_folder(view) / ABOUT for view in views},
        **{f"The learning-rate range test of {key}": plan.rate_file(key) for key in tests},
    }
    for what, path in files.items():
        if reason := read_json(path).get("reason"):
            yield f"{what} failed: {reason}"


def _tracking() -> Iterator[str]:
    reason = read_json(TRACKED).get("reason") if TRACKED.exists() else None
    if reason:
        yield f"MLflow lacks these runs: {reason}"
