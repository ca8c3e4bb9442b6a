"""``metrics.json``: the outcome of a run and every final number, written last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convbench.files import read_json, write_json
from convbench.results.folders import METRICS
from convbench.results.rows import checked, columns_of
from convbench.results.schema import LabelRow, Metrics

_WHERE_KNOWN = frozenset({Metrics.device, Metrics.lr, Metrics.stem, Metrics.attempt})
"""Columns that a file lacks where they are not known; the others are ``null`` in it."""
_LABELS, _LEFT_OUT, _LOG = "labels", "left_out", "log"
_FORMERLY: Mapping[str, str] = {"test_accuracy_per_class": "test_balanced_accuracy"}
"""Names in files of earlier versions."""


@dataclass(frozen=True)
class Result:
    """What a run found out."""

    metrics: Metrics
    labels: Sequence[LabelRow] | None = None
    """Scores label by label; ``None`` where an image has one label, or nothing is known."""
    left_out: Sequence[str] | None = None
    """Tensors of the weights file that the network has no place for, each with the reason."""
    log: Sequence[str] | None = None
    """The last lines of a run that ended without a result."""

    @property
    def finished(self) -> bool:
        """Whether the run finished."""
        return self.metrics.outcome == "finished"

    def write(self, folder: Path) -> None:
        """Write it to a run's folder."""
        values = vars(self.metrics)
        known: dict[str, Any] = {
            name: values[name]
            for name in columns_of(Metrics)
            if values[name] is not None or name not in _WHERE_KNOWN
        }
        known[_LABELS] = None if self.labels is None else [_without_run(each) for each in self.labels]
        for name, lines in ((_LEFT_OUT, self.left_out), (_LOG, self.log)):
            if lines is not None:
                known[name] = list(lines)
        write_json(folder / METRICS, known)


def outcome_of(folder: Path) -> str:
    """Return how the run of a folder ended; empty where it is not done."""
    path = folder / METRICS
    return str(read_json(path)[Metrics.outcome]) if path.exists() else ""


def _without_run(row: LabelRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != LabelRow.run_id}


def read_result(folder: Path) -> Result | None:
    """Read ``metrics.json`` of a run's folder; ``None`` where the run is not done.

    Raises ``KeyError`` for a name that is no column.
    """
    path = folder / METRICS
    if not path.exists():
        return None
    values = {_FORMERLY.get(name, name): value for name, value in read_json(path).items()}
    labels, left_out, log = (values.pop(name, None) for name in (_LABELS, _LEFT_OUT, _LOG))
    metrics = Metrics(**checked(values, Metrics, str(path)))
    rows = [LabelRow(run_id=metrics.run_id, **each) for each in labels] if labels is not None else None
    return Result(metrics, rows, left_out, log)
