"""What a grid lacks, and why: said before anything is concluded from what there is."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from convbench.analysis.summary import lost
from convbench.data.prepared import Card, open_prepared, why_absent
from convbench.files import read_json
from convbench.stages.folders import AUDITS, PREPARED, RATES, TRACKED
from convbench.stages.plan import Plan
from convbench.stages.runs import view_folder
from convbench.stages.view import ABOUT

_NAMED = 10  # configurations of a kind that are named one by one


def cards_of(plan: Plan) -> Mapping[str, Card]:
    """Return the cards of the grid's datasets, of those that there are."""
    names = plan.grid.dataset_names()
    return {name: open_prepared(PREPARED / name).card for name in names if not _absent(name)}


def missing(plan: Plan, runs: pd.DataFrame, speeds: pd.DataFrame) -> list[str]:
    """Say which runs, datasets and measurements the report has to do without."""
    with_data = runs[~runs["dataset"].map(_absent).astype(bool)]
    return [*_data(plan), *_runs(with_data), *_beside(plan, speeds), *_tracking()]


def _runs(runs: pd.DataFrame) -> Iterator[str]:
    """Name the configurations that lost seeds: those that lost all of them, then the others."""
    found = lost(runs)
    for gone in (found[found["seeds"] == 0], found[found["seeds"] > 0]):
        for row in gone[:_NAMED].itertuples():
            of = f"{row.seeds} of {row.planned} seeds" if row.seeds else "no seed"
            means = "; its numbers are of these alone" if row.seeds else ""
            name, _, seed = str(row.run).rpartition("/")
            yield f"{name}: {of} finished ({row.outcomes}){means}. {seed}: {row.reason}"
        if len(gone) > _NAMED:
            yield f"{len(gone) - _NAMED} more configurations lost seeds: see Reproduce, All runs."


def _data(plan: Plan) -> Iterator[str]:
    for name in plan.grid.dataset_names():
        if reason := _absent(name):
            yield f"{reason[0].upper()}{reason[1:]}. Its runs failed."


def _beside(plan: Plan, speeds: pd.DataFrame) -> Iterator[str]:
    """Name what was to be found out beside the runs, and was not."""
    for row in speeds[speeds["reason"].notna()].itertuples():
        yield f"The speed of {row.architecture} could not be measured: {row.reason}"
    there = [name for name in plan.grid.dataset_names() if not _absent(name)]
    views = [view for view, runs in plan.explained.items() if runs[0].dataset in there]
    tests = [key for key, run in plan.range_tests.items() if run.dataset in there]
    files: dict[str, Path] = {
        **{f"The audit of {name}": AUDITS / f"{name}.json" for name in there},
        **{f"The look into {view}": view_folder(view) / ABOUT for view in views},
        **{f"The learning-rate test of {key}": RATES / f"{key}.json" for key in tests},
    }
    for what, path in files.items():
        found = read_json(path)
        if reason := found.get("reason"):
            yield f"{what} came to nothing: {reason}"


def _tracking() -> Iterator[str]:
    reason = read_json(TRACKED).get("reason") if TRACKED.exists() else None
    if reason:
        yield f"MLflow lacks these runs: {reason}"


def _absent(name: str) -> str:
    return why_absent(PREPARED / name)
