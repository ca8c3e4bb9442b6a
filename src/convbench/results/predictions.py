"""``predictions.parquet``: a run's prediction for every test image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from convbench.files import write_whole

PREDICTIONS = "predictions.parquet"
_ID, _LABEL, _PROBABILITIES = "id", "label", "probabilities"


@dataclass(frozen=True)
class Predictions:
    """One row per test image, in the order of their ids."""

    ids: np.ndarray
    """Rows of the prepared dataset, int ``[n]``."""
    labels: np.ndarray
    """``[n]``; of a multi-label dataset, 0 and 1 ``[n, C]``."""
    probabilities: np.ndarray
    """float32 ``[n, C]``."""

    def write(self, folder: Path) -> None:
        """Write them to a run's folder."""
        probabilities = self.probabilities.astype(np.float32)
        columns = {
            _ID: self.ids,
            _LABEL: _column(self.labels),
            _PROBABILITIES: _column(probabilities),
        }
        data = pa.table(columns)
        write_whole(folder / PREDICTIONS, lambda draft: pq.write_table(data, draft))


def read_predictions(folder: Path) -> Predictions:
    """Read the predictions in a run's folder."""
    found = pq.read_table(folder / PREDICTIONS).sort_by(_ID)
    return Predictions(*(_array(found[name]) for name in (_ID, _LABEL, _PROBABILITIES)))


def _column(values: np.ndarray) -> pa.Array:
    """Lay out ``[n]`` as numbers, ``[n, C]`` as lists of C numbers."""
    flat = pa.array(values.ravel())
    return flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])


def _array(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of numbers as ``[n]``, one of lists of C numbers as ``[n, C]``."""
    values = column.combine_chunks()
    if not pa.types.is_fixed_size_list(values.type):
        return np.asarray(values)
    return np.asarray(values.flatten()).reshape(len(values), values.type.list_size)
