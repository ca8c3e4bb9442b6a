"""What a run said of every test image, read back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from convbench.stages.journal import PREDICTIONS


@dataclass(frozen=True)
class Predictions:
    """One row a test image, in the order of their ids."""

    ids: np.ndarray
    """Rows of the prepared dataset, int ``[n]``."""
    labels: np.ndarray
    """``[n]``; where images carry several labels, 0 and 1 ``[n, C]``."""
    probabilities: np.ndarray
    """float ``[n, C]``."""


def read_predictions(folder: Path) -> Predictions:
    """Read the predictions in a run's folder."""
    said = pq.read_table(folder / PREDICTIONS).sort_by("id")
    return Predictions(*(_array(said[name]) for name in ("id", "label", "probabilities")))


def _array(column: Any) -> np.ndarray:  # noqa: ANN401 (pyarrow carries no types)
    """Return a column of numbers as ``[n]``, one of lists of C numbers as ``[n, C]``."""
    values = column.combine_chunks()
    if not pa.types.is_fixed_size_list(values.type):
        return np.asarray(values)
    return np.asarray(values.flatten()).reshape(len(values), values.type.list_size)
