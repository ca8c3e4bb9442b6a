"""Collect every run of a grid into tables."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared, why_absent
from convbench.files import read_json
from convbench.models import architecture_of
from convbench.planning.checks import broken_labels
from convbench.planning.datasets import dataset_of, settings_of
from convbench.planning.plan import Plan
from convbench.planning.rates import ScratchRates
from convbench.results.journal import Record
from convbench.results.metrics import Result
from convbench.results.rows import checked, columns_of, table, write_table
from convbench.results.schema import TABLES, EpochRow, GradientRow, LabelRow, RunRow, SpeedRow
from convbench.strategies import strategy_of


def aggregate(plan: Plan, out: Path) -> None:
    """Write the tables of what the runs left to ``out``, as Parquet and as CSV."""
    about = _About(plan)
    runs: list[RunRow] = []
    epochs: list[EpochRow] = []
    labels: list[LabelRow] = []
    gradients: list[GradientRow] = []
    for spec in plan.runs.values():
        record = Record.read(plan.run_folder(spec.id))
        assert record is not None, "aggregate runs after every run"
        assert record.result is not None, "aggregate runs after every run"
        runs.append(about.row(spec, record.result))
        epochs.extend(_epoch(spec.id, epoch) for epoch in record.epochs)
        labels.extend(record.result.labels or ())
        gradients.extend(_gradients(spec.id, record.epochs))
    speeds = [
        SpeedRow(**checked(read_json(plan.speed_file(name)), SpeedRow, str(plan.speed_file(name))))
        for name in plan.grid.architectures
    ]
    tables: Mapping[type, Sequence[Any]] = {
        RunRow: runs,
        EpochRow: epochs,
        LabelRow: labels,
        GradientRow: gradients,
        SpeedRow: speeds,
    }
    for name, kind in TABLES.items():
        if kind in tables:
            write_table(table(tables[kind], kind), out / f"{name}.parquet")
    print(f"{len(runs)} runs, {len(epochs)} epochs")


class _About:
    """What is known of the runs of a grid besides what they found out."""

    def __init__(self, plan: Plan) -> None:
        self.plan, grid = plan, plan.grid
        self.scratch = ScratchRates.of(plan.runs.values(), plan.pretrainings.values())
        self.sizes = {name: _train_images(plan.prepared(name)) for name in grid.dataset_names()}
        self.modalities = {
            name: dataset_of(name, settings_of(name, grid.datasets)).modality
            for name in grid.dataset_names()
        }

    def row(self, spec: RunSpec, result: Result) -> RunRow:
        """Return a run's row: the training size is counted, not asked for."""
        strategy, architecture = strategy_of(spec.strategy), architecture_of(spec.architecture)
        assert strategy is not None, "the plan refuses unknown strategies"
        return RunRow(
            **vars(result.metrics),
            dataset=spec.dataset,
            train_size=spec.train_size or self.sizes[spec.dataset],
            architecture=spec.architecture,
            label=spec.label,
            augmentation=spec.augmentation,
            weights=spec.weights,
            strategy=spec.strategy,
            seed=spec.seed,
            threads=spec.threads,
            left_out=len(result.left_out or ()),
            label_breaking=broken_labels(self.plan.grid, spec.dataset, spec.augmentation),
            rate_warning=self.scratch.warning(spec),
            rate_ratio=self.scratch.ratio(spec),
            trains=strategy.trains,
            modality=self.modalities[spec.dataset],
            family=architecture.family,
            depth=architecture.depth,
            plain=architecture.plain,
            log="\n".join(result.log or ()) or None,
            folder=str(self.plan.run_folder(spec.id)),
        )


def _train_images(prepared: Path) -> int | None:
    """Count a dataset's training images; ``None`` where there is no such dataset."""
    return None if why_absent(prepared) else open_prepared(prepared).card.images["train"]


def _epoch(run: str, line: Mapping[str, Any]) -> EpochRow:
    """Return a line of a journal as a row; a journal also holds the time and the gradients."""
    return EpochRow(run_id=run, **{name: line[name] for name in columns_of(EpochRow) if name in line})


def _gradients(run: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[GradientRow]:
    """Yield a row per epoch and layer, layers in the order of the network's definition."""
    for line in lines:
        for depth, (layer, norm) in enumerate(line["gradient_norms"] or (), start=1):
            yield GradientRow(
                run_id=run, epoch=line[EpochRow.epoch], layer=layer, depth=depth, norm=norm
            )
