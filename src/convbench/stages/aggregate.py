"""Collect every run of a grid into tables."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convbench.analysis.tables import (
    EPOCH_COLUMNS,
    GRADIENT_COLUMNS,
    LABEL_COLUMNS,
    RUN_COLUMNS,
    SPEED_COLUMNS,
    table,
    write_table,
)
from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared, why_absent
from convbench.files import read_json
from convbench.stages.checks import broken_labels, rate_ratios, rate_warnings
from convbench.stages.folders import PREPARED, RUNS
from convbench.stages.journal import Record
from convbench.stages.plan import Plan
from convbench.stages.runs import speed_file


def aggregate(plan: Plan, out: Path) -> None:
    """Write the tables, a row a thing, to ``out``: as Parquet and as CSV."""
    sizes = {name: _train_images(PREPARED / name) for name in plan.grid.dataset_names()}
    runs: list[dict[str, Any]] = []
    epochs: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    gradients: list[dict[str, Any]] = []
    warnings, ratios = rate_warnings(plan.grid), rate_ratios(plan.grid)
    for spec in plan.runs.values():
        record = Record.read(RUNS / spec.id)
        assert record is not None, "aggregate runs after every run"
        assert record.metrics is not None, "aggregate runs after every run"
        marks = {
            "label_breaking": broken_labels(plan.grid, spec.dataset, spec.augmentation),
            "rate_warning": warnings.get(spec.strategy, ""),
            "rate_ratio": ratios.get(spec.strategy),
            "left_out": len(record.metrics.get("left_out") or ()),
            "log": "\n".join(record.metrics.get("log", ())) or None,
        }
        runs.append(_row(spec, sizes) | record.metrics | marks)
        gradients.extend(_gradients(spec.id, record.epochs))
        labels.extend({"run_id": spec.id, **label} for label in record.metrics["labels"] or ())
        epochs.extend({"run_id": spec.id, **epoch} for epoch in record.epochs)
    write_table(table(runs, RUN_COLUMNS), out / "runs.parquet")
    write_table(table(epochs, EPOCH_COLUMNS), out / "epochs.parquet")
    write_table(table(labels, LABEL_COLUMNS), out / "labels.parquet")
    write_table(table(gradients, GRADIENT_COLUMNS), out / "gradients.parquet")
    speeds = [read_json(speed_file(name)) for name in plan.grid.architectures]
    write_table(table(speeds, SPEED_COLUMNS), out / "speed.parquet")
    print(f"{len(runs)} runs, {len(epochs)} epochs")


def _train_images(prepared: Path) -> int | None:
    """Count a dataset's training images; ``None`` where there is no such dataset."""
    return None if why_absent(prepared) else open_prepared(prepared).card.images["train"]


def _row(spec: RunSpec, sizes: Mapping[str, int | None]) -> dict[str, Any]:
    """Return what is known of a run before it starts: the training size is counted, not asked for."""
    names = ("dataset", "architecture", "weights", "strategy", "method", "augmentation", "seed")
    return {
        **{name: getattr(spec, name) for name in names},
        "threads": spec.threads,
        "train_size": spec.train_size or sizes[spec.dataset],
    }


def _gradients(run: str, epochs: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row an epoch and layer, layers in the order of the network's definition."""
    for epoch in epochs:
        for depth, (layer, norm) in enumerate(epoch["gradient_norms"] or (), start=1):
            yield {
                "run_id": run,
                "epoch": epoch["epoch"],
                "layer": layer,
                "depth": depth,
                "norm": norm,
            }
