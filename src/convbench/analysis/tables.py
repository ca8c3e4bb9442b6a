"""The results as tables: a row a run, a row an epoch, a row a label."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from convbench.files import write_whole

RUN_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "dataset": "string",
    "train_size": "Int64",
    "architecture": "string",
    "weights": "string",
    "strategy": "string",
    "augmentation": "string",
    "seed": "Int64",
    "outcome": "string",
    "reason": "string",
    "val_accuracy": "Float64",
    "test_accuracy": "Float64",
    "test_accuracy_per_class": "Float64",
    "test_loss": "Float64",
    "best_epoch": "Int64",
    "epochs": "Int64",
    "params_total": "Int64",
    "params_trainable": "Int64",
    "macs": "Int64",
    "train_seconds": "Float64",
    "cpu_seconds": "Float64",
    "seconds_per_epoch": "Float64",
    "device": "string",
    "threads": "Int64",
    "score": "string",
    "val_score": "Float64",
    "test_score": "Float64",
    "test_mean_average_precision": "Float64",
    "test_f1_micro": "Float64",
    "test_f1_macro": "Float64",
    "test_f2": "Float64",
    "label_breaking": "string",
    "method": "string",
    "lr": "Float64",
    "stem": "string",
    "left_out": "Int64",
    "rate_warning": "string",
    "rate_ratio": "Float64",
    "attempt": "Int64",
    "log": "string",
}
"""Column -> pandas type. Later columns are added at the end, none is renamed.

``log``: the last lines of a run that was killed, or ended without a result at its ``attempt``."""

SPEED_COLUMNS: Mapping[str, str] = {
    "architecture": "string",
    "predict_ms": "Float64",
    "predict_batch_ms": "Float64",
    "learn_batch_ms": "Float64",
    "batch": "Int64",
    "threads": "Int64",
    "device": "string",
    "processor": "string",
    "reason": "string",
}
"""A row an architecture; ``reason``: why there are no numbers."""

EPOCH_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "epoch": "Int64",
    "lr": "Float64",
    "train_loss": "Float64",
    "train_accuracy": "Float64",
    "val_loss": "Float64",
    "val_accuracy": "Float64",
    "seconds": "Float64",
    "cpu_seconds": "Float64",
    "val_score": "Float64",
}

GRADIENT_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "epoch": "Int64",
    "layer": "string",
    "depth": "Int64",
    "norm": "Float64",
}
"""A row a run, epoch and layer, where it is recorded: at the epoch's first step; depth from 1."""

GUIDELINE_COLUMNS: Mapping[str, str] = {
    "claim": "string",
    "evidence": "string",
    "verdict": "string",
    "difference": "Float64",
    "low": "Float64",
    "high": "Float64",
    "pairs": "Int64",
}
"""A row a rule of thumb: see ``analysis.guidelines``. An interval of one pair is empty."""

LABEL_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "label": "string",
    "images": "Int64",
    "average_precision": "Float64",
    "f1": "Float64",
    "threshold_f1": "Float64",
    "threshold_f2": "Float64",
}
"""A row a run and label, where images carry several labels: test images, thresholds from validation."""

COMPARISON_COLUMNS: Mapping[str, str] = {
    "dataset": "string",
    "train_size": "Int64",
    "architecture": "string",
    "strategy": "string",
    "augmentation": "string",
    "seeds": "Int64",
    "images": "Int64",
    "val": "Float64",
    "test": "Float64",
    "low": "Float64",
    "high": "Float64",
    "best": "boolean",
    "difference": "Float64",
    "difference_low": "Float64",
    "difference_high": "Float64",
    "p": "Float64",
    "p_holm": "Float64",
    "tied": "boolean",
    "only_this": "Int64",
    "only_best": "Int64",
    "compared": "Int64",
    "test_of": "string",
    "calibration_error": "Float64",
    "planned": "Int64",
    "outcomes": "string",
}
"""A row a cell: its mean test score over ``seeds`` with its 95% interval and, over the seeds that both
have (``compared``), what tells it from its task's best, which validation chose.

See ``analysis.comparison``; the calibration error is the mean over the seeds. Of ``planned`` seeds those
that did not finish are in ``outcomes``; a cell of which none did has no numbers."""

EFFECT_COLUMNS: Mapping[str, str] = {
    "dataset": "string",
    "factor": "string",
    "level": "string",
    "baseline": "string",
    "difference": "Float64",
    "low": "Float64",
    "high": "Float64",
    "p": "Float64",
    "p_holm": "Float64",
    "better": "Int64",
    "pairs": "Int64",
    "seen": "boolean",
}
"""A row a dataset, factor and level: what it changes against its baseline. See ``analysis.factors``."""

SHARE_COLUMNS: Mapping[str, str] = {
    "dataset": "string",
    "factor": "string",
    "with": "string",
    "share": "Float64",
    "p_holm": "Float64",
    "seen": "boolean",
}
"""A row a dataset and factor, or pair of factors (``with``): its share of the variance."""

CONVERGENCE_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "epochs_to_target": "Int64",
    "seconds_to_target": "Float64",
    "epochs_to_near": "Int64",
    "seconds_to_near": "Float64",
    "area": "Float64",
    "gap": "Float64",
    "instability": "Float64",
}
"""A row a run that has epochs: see ``analysis.convergence``."""


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Lay ``rows`` out in ``columns``; a value that a row lacks is missing, never zero."""
    data = {
        name: pd.array([row.get(name) for row in rows], dtype=dtype) for name, dtype in columns.items()
    }
    return pd.DataFrame(data)


def write_table(data: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet to ``path`` and as CSV beside it."""
    write_whole(path, lambda draft: data.to_parquet(draft, index=False))
    write_whole(path.with_suffix(".csv"), lambda draft: data.to_csv(draft, index=False))
