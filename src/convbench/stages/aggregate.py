"""Collect every run of a grid into tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from convbench.analysis.tables import EPOCH_COLUMNS, LABEL_COLUMNS, RUN_COLUMNS, table
from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.files import read_json, write_whole
from convbench.stages.journal import Record
from convbench.stages.plan import Plan, broken_labels
from convbench.stages.runs import PREPARED, RUNS


def aggregate(plan: Plan, mlflow_ids: Path, out: Path) -> None:
    """Write ``runs``, ``epochs`` and ``labels``, a row each, to ``out``, as Parquet and CSV."""
    ids = read_json(mlflow_ids)
    sizes = {
        name: open_prepared(PREPARED / name).card.images["train"] for name in plan.grid.dataset_names()
    }
    runs: list[dict[str, Any]] = []
    epochs: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for spec in plan.runs.values():
        record = Record.read(RUNS / spec.id)
        assert record is not None, "aggregate runs after every run"
        assert record.metrics is not None, "aggregate runs after every run"
        broken = {"label_breaking": broken_labels(plan.grid, spec.dataset, spec.augmentation)}
        runs.append(_row(spec, sizes, ids) | record.metrics | broken)
        labels.extend({"run_id": spec.id, **label} for label in record.metrics["labels"] or ())
        epochs.extend({"run_id": spec.id, **epoch} for epoch in record.epochs)
    _write(table(runs, RUN_COLUMNS), out / "runs.parquet")
    _write(table(epochs, EPOCH_COLUMNS), out / "epochs.parquet")
    _write(table(labels, LABEL_COLUMNS), out / "labels.parquet")
    print(f"{len(runs)} runs, {len(epochs)} epochs")


def _row(spec: RunSpec, sizes: Mapping[str, int], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return what is known of a run before it starts: the training size is counted, not asked for."""
    names = ("dataset", "architecture", "weights", "strategy", "augmentation", "seed", "threads")
    return {
        **{name: getattr(spec, name) for name in names},
        "train_size": spec.train_size or sizes[spec.dataset],
        "mlflow_run_id": ids[spec.id],
    }


def _write(data: pd.DataFrame, path: Path) -> None:
    write_whole(path, lambda draft: data.to_parquet(draft, index=False))
    write_whole(path.with_suffix(".csv"), lambda draft: data.to_csv(draft, index=False))
