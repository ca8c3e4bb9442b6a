"""Compare two results folders, run by run and number by number. Times differ, nothing else should."""

from collections.abc import Iterator
from pathlib import Path

from convbench.errors import UserError
from convbench.files import read_json, sha256
from convbench.stages.folders import METRICS
from convbench.stages.journal import PREDICTIONS

_TIMES = frozenset({"train_seconds", "cpu_seconds", "seconds_per_epoch"})


def diff(one: Path, other: Path) -> int:
    """Print what differs between two results folders; return how many runs do.

    Raises ``UserError`` where a folder holds no runs.
    """
    found = {folder: _runs(folder) for folder in (one, other)}
    every = sorted(found[one] | found[other])
    differing = 0
    for run in every:
        if where := [str(folder) for folder in (one, other) if run not in found[folder]]:
            problems = [f"not in {where[0]}"]
        else:
            problems = list(_differences(one / "runs" / run, other / "runs" / run))
        differing += bool(problems)
        for problem in problems:
            print(f"{run}: {problem}")
    same = len(every) - differing
    print(f"{same} of {len(every)} runs are identical in metrics (times aside) and predictions")
    return differing


def _runs(folder: Path) -> set[str]:
    root = folder / "runs"
    runs = {path.parent.relative_to(root).as_posix() for path in root.rglob(METRICS)}
    if not runs:
        raise UserError(f"{folder} holds no finished runs; a results folder has them under runs/")
    return runs


def _differences(one: Path, other: Path) -> Iterator[str]:
    first, second = read_json(one / METRICS), read_json(other / METRICS)
    for name in sorted((first.keys() | second.keys()) - _TIMES):
        if first.get(name) != second.get(name):
            yield f"{name} is {first.get(name)} here, {second.get(name)} there"
    absent = [str(folder) for folder in (one, other) if not (folder / PREDICTIONS).exists()]
    if absent:
        yield f"no predictions in {', '.join(absent)}"
    elif sha256(one / PREDICTIONS) != sha256(other / PREDICTIONS):
        yield "the predictions differ"
