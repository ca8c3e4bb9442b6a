"""A run's folder: its history while it runs, its outcome when it is done.

``journal.jsonl``       a header, then one line an epoch, flushed as it happens
``predictions.parquet`` one row a test image
``metrics.json``        the outcome and every final number, written last: its presence means done
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from convbench.config.spec import RunSpec
from convbench.engine.loop import Epoch
from convbench.environment import Environment
from convbench.files import make_folder, read_json, read_json_lines, write_whole
from convbench.stages.folders import METRICS

JOURNAL = "journal.jsonl"
PREDICTIONS = "predictions.parquet"
_NUMBERS = (
    "val_score",
    "test_score",
    "val_accuracy",
    "test_accuracy",
    "test_accuracy_per_class",
    "test_mean_average_precision",
    "test_f1_micro",
    "test_f1_macro",
    "test_f2",
    "test_loss",
    "best_epoch",
    "epochs",
    "labels",
    "params_total",
    "params_trainable",
    "macs",
    "train_seconds",
    "cpu_seconds",
    "seconds_per_epoch",
)


class Journal:
    """The history of one run, a line an epoch, on disk before the next epoch starts."""

    def __init__(self, folder: Path, spec: RunSpec, data: str, surroundings: Environment) -> None:
        """Start a new history in ``folder``, of a run on the prepared data whose digest is ``data``."""
        header = {
            "run_id": spec.id,
            "started": _now(),
            "spec": spec.model_dump(mode="json"),
            "data_digest": data,
            "environment": asdict(surroundings),
        }
        self._file = (make_folder(folder) / JOURNAL).open("w", encoding="utf-8")
        self._write(header)

    def add(self, epoch: Epoch) -> None:
        """Append one epoch."""
        self._write({"time": _now(), **asdict(epoch)})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Add no more."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, sort_keys=True) + "\n")
        self._file.flush()


@dataclass(frozen=True)
class Record:
    """What a run has left on disk so far."""

    header: dict[str, Any]
    epochs: list[dict[str, Any]]
    metrics: dict[str, Any] | None
    """``None`` while the run is not done."""

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read a run's folder; ``None`` where the run has not begun."""
        if not (folder / JOURNAL).exists() or not (lines := read_json_lines(folder / JOURNAL)):
            return None
        metrics = folder / METRICS
        return cls(lines[0], lines[1:], read_json(metrics) if metrics.exists() else None)


def blank_metrics(run: str) -> dict[str, Any]:
    """Return the metrics of a run of which nothing is known yet: every number is there, and ``None``."""
    return {**dict.fromkeys(_NUMBERS), "run_id": run, "outcome": "finished", "reason": "", "score": None}


def write_predictions(folder: Path, ids: np.ndarray, labels: np.ndarray, chances: np.ndarray) -> None:
    """Write one row a test image: its id in the prepared dataset, label(s) and class probabilities."""
    columns = {"id": ids, "label": _column(labels), "probabilities": _column(chances.astype(np.float32))}
    table = pa.table(columns)
    write_whole(folder / PREDICTIONS, lambda draft: pq.write_table(table, draft))


def _column(values: np.ndarray) -> pa.Array:
    """Lay out ``[n]`` as numbers, ``[n, C]`` as lists of C numbers."""
    flat = pa.array(values.ravel())
    return flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _now() -> int:
    """Return the wall clock in milliseconds, as MLflow stamps its metrics."""
    return time.time_ns() // 1_000_000
