"""Compare two results folders, run by run and number by number. Times differ, nothing else should."""

from collections.abc import Iterator
from pathlib import Path

from convbench.errors import UserError
from convbench.files import sha256
from convbench.results.folders import METRICS
from convbench.results.metrics import Result, read_result
from convbench.results.predictions import PREDICTIONS
from convbench.results.rows import columns_of
from convbench.results.schema import Metrics

_TIMES = frozenset({Metrics.train_seconds, Metrics.cpu_seconds, Metrics.seconds_per_epoch})


def diff(one: Path, other: Path) -> int:
    """Print what differs between two results folders; return how many runs do.

    Runs are matched by their id, wherever they lie; of several with one id, the latest counts. Raises
    ``UserError`` where a folder holds no runs.
    """
    found = {folder: _runs(folder) for folder in (one, other)}
    every = sorted({*found[one], *found[other]})
    differing = 0
    for run in every:
        if where := [str(folder) for folder in (one, other) if run not in found[folder]]:
            problems = [f"not in {where[0]}"]
        else:
            problems = list(_differences(found[one][run], found[other][run]))
        differing += bool(problems)
        for problem in problems:
            print(f"{run}: {problem}")
    same = len(every) - differing
    print(f"{same} of {len(every)} runs are identical in metrics (times aside) and predictions")
    return differing


def _runs(folder: Path) -> dict[str, Path]:
    """Return the folder of each finished run, by its id."""
    files = sorted((folder / "runs").rglob(METRICS), key=lambda path: path.stat().st_mtime)
    if not files:
        raise UserError(f"{folder} holds no finished runs; a results folder has them under runs/")
    return {_result(path.parent).metrics.run_id: path.parent for path in files}


def _result(folder: Path) -> Result:
    found = read_result(folder)
    assert found is not None, "found by its file"
    return found


def _differences(one: Path, other: Path) -> Iterator[str]:
    first, second = _result(one), _result(other)
    for name in columns_of(Metrics):
        here, there = vars(first.metrics)[name], vars(second.metrics)[name]
        if name not in _TIMES and here != there:
            yield f"{name} is {here} here, {there} there"
    if (first.labels, first.left_out) != (second.labels, second.left_out):
        yield "the scores of labels, or the weights that were left out, differ"
    absent = [str(folder) for folder in (one, other) if not (folder / PREDICTIONS).exists()]
    if absent:
        yield f"no predictions in {', '.join(absent)}"
    elif sha256(one / PREDICTIONS) != sha256(other / PREDICTIONS):
        yield "the predictions differ"
