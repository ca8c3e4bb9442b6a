"""A grid's results, read once: what every page of the report is made from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd

from convbench.analysis.summary import best_by_validation, runs_of, summarize
from convbench.config.weights import IMAGENET, is_imagenet
from convbench.data.audit.audit import Badge
from convbench.data.prepared import Card, Prepared, open_prepared, why_absent
from convbench.files import read_json
from convbench.planning.datasets import dataset_of, settings_of
from convbench.planning.plan import Plan
from convbench.report.figures.base import Colours, colours_of
from convbench.results.journal import Record
from convbench.results.metrics import Result, read_result
from convbench.results.origin import store_address
from convbench.results.predictions import Predictions, read_predictions
from convbench.results.rows import read_table
from convbench.results.schema import TABLES, ConvergenceRow, EpochRow, RunRow, SpeedRow, SummaryRow


@dataclass(frozen=True)
class Environment:
    """An environment in which runs of the grid took place."""

    values: Mapping[str, Any]
    """See ``convbench.environment.Environment``."""
    runs: int


@dataclass(frozen=True)
class Results:
    """The tables of a grid, and readers of what else its jobs left.

    Columns are those of the row classes in ``convbench.results.schema``.
    """

    plan: Plan
    runs: pd.DataFrame
    """``RunRow``."""
    epochs: pd.DataFrame
    """``EpochRow`` with the columns of its ``RunRow``; of columns that both have, the epoch's."""
    labels: pd.DataFrame
    """``LabelRow``."""
    gradients: pd.DataFrame
    """``GradientRow``."""
    speed: pd.DataFrame
    """``SpeedRow``."""
    summary: pd.DataFrame
    """``SummaryRow`` with the inference time of its architecture."""
    configurations: pd.DataFrame
    """``ConfigurationRow``."""
    effects: pd.DataFrame
    """``EffectRow``."""
    variance: pd.DataFrame
    """``VarianceRow``."""
    convergence: pd.DataFrame
    """``RunRow`` with the columns of its ``ConvergenceRow``, missing where the run did not finish."""
    guidelines: pd.DataFrame
    """``GuidelineRow``."""

    @classmethod
    def read(cls, plan: Plan, tables: Path) -> Self:
        """Read the tables of a grid from a folder."""
        read = {name: read_table(tables / f"{name}.parquet", kind) for name, kind in TABLES.items()}
        return cls.joined(plan, **read)

    @classmethod
    def joined(
        cls,
        plan: Plan,
        *,
        runs: pd.DataFrame,
        epochs: pd.DataFrame,
        speed: pd.DataFrame,
        convergence: pd.DataFrame,
        **others: pd.DataFrame,
    ) -> Self:
        """Make results of all ``TABLES``; those that pages want side by side are joined."""
        inference = speed[[SpeedRow.architecture, SpeedRow.inference_ms]]
        return cls(
            plan=plan,
            runs=runs,
            epochs=epochs.merge(runs, on=EpochRow.run_id, suffixes=("", "_run")),
            speed=speed,
            summary=summarize(runs).merge(inference, on=SummaryRow.architecture, how="left"),
            convergence=with_convergence(runs, convergence),
            **others,
        )

    def of(self, dataset: str) -> Self:
        """Return the results on one dataset."""
        tables = {name: each for name, each in vars(self).items() if isinstance(each, pd.DataFrame)}
        own = {
            name: each[each[RunRow.dataset] == dataset]
            for name, each in tables.items()
            if RunRow.dataset in each
        }
        return replace(self, **own)  # type: ignore[arg-type]  # every value is a table

    @property
    def datasets(self) -> list[str]:
        """The datasets on which some run finished, in the order of the runs."""
        return list(self.summary[SummaryRow.dataset].unique())

    @cached_property
    def colours(self) -> Colours:
        """The colour of each strategy, by the grid's name for it."""
        return colours_of(self.runs[RunRow.label])

    @cached_property
    def cards(self) -> Mapping[str, Card]:
        """Dataset -> its card, of those datasets of the grid that could be prepared."""
        names = self.plan.grid.dataset_names()
        return {name: self.prepared(name).card for name in names if not self.absent(name)}

    @cached_property
    def audits(self) -> Mapping[str, Mapping[str, Any]]:
        """Dataset -> what its audit found, as JSON; see ``convbench.data.audit.audit.Audit``."""
        return {name: read_json(self.plan.audit_file(name)) for name in self.plan.grid.dataset_names()}

    @cached_property
    def badges(self) -> Mapping[str, Sequence[Badge]]:
        """Dataset -> the warnings that stand beside its numbers."""
        return {
            name: [
                *(Badge(**badge) for badge in audit["badges"]),
                *_in_pretraining_data(self.plan, name),
            ]
            for name, audit in self.audits.items()
        }

    def absent(self, dataset: str) -> str:
        """Return why a dataset could not be prepared; empty where it could."""
        return why_absent(self.plan.prepared(dataset))

    def prepared(self, dataset: str) -> Prepared:
        """Open a prepared dataset."""
        return open_prepared(self.plan.prepared(dataset))

    def record(self, run: str) -> Record:
        """Read a run's journal and metrics."""
        record = Record.read(self.plan.run_folder(run))
        assert record is not None, "the report comes after every run"
        return record

    def predictions(self, run: RunRow) -> Predictions:
        """Read a run's predictions."""
        return read_predictions(Path(run.folder))

    def best(self, dataset: str) -> tuple[SummaryRow, list[RunRow]]:
        """Return the best configuration of a dataset's largest task, by validation, and its runs."""
        own = self.summary[self.summary[SummaryRow.dataset] == dataset]
        largest = own[own[SummaryRow.train_size] == own[SummaryRow.train_size].max()]
        best = best_by_validation(largest)
        return best, runs_of(best, self.runs)

    def pretrainings(self) -> Iterator[tuple[str, str, Result]]:
        """Yield architecture, source and result of each run that made weights for others."""
        for name, spec in self.plan.pretrainings.items():
            result = read_result(self.plan.weights_folder(name))
            assert result is not None, "the report comes after every run"
            yield spec.architecture, spec.dataset, result

    @cached_property
    def environments(self) -> Sequence[Environment]:
        """The environments of the grid's runs: one, unless machines or versions were mixed."""
        return _distinct(self.record(run).header.environment for run in self.plan.runs)

    @property
    def store(self) -> str:
        """Where MLflow keeps the runs."""
        return store_address(self.plan.grid.tracking_uri)


def with_convergence(runs: pd.DataFrame, convergence: pd.DataFrame) -> pd.DataFrame:
    """Join runs with their rows of ``ConvergenceRow``; a run that did not finish keeps none."""
    finished = runs.loc[runs[RunRow.outcome] == "finished", RunRow.run_id]
    known = convergence[convergence[ConvergenceRow.run_id].isin(finished)]
    return runs.merge(known, on=RunRow.run_id, how="left")


def task_of(data: pd.DataFrame, dataset: str, train_size: int | None) -> pd.DataFrame:
    """Select the rows of one task; ``train_size`` is ``None`` where the dataset is absent."""
    own = data[data[RunRow.dataset] == dataset]
    sizes = own[RunRow.train_size]
    return own[sizes.isna() if train_size is None else (sizes == train_size).fillna(False)]


def in_words(configuration: SummaryRow) -> str:
    """Name a configuration within its task: ``resnet20, fine_tune, none``."""
    return ", ".join((configuration.architecture, configuration.label, configuration.augmentation))


def _distinct(environments: Iterable[Mapping[str, Any]]) -> Sequence[Environment]:
    found: dict[str, Mapping[str, Any]] = {}
    counts: Counter[str] = Counter()
    for each in environments:
        found[str(each)] = each
        counts[str(each)] += 1
    return [Environment(each, counts[key]) for key, each in found.items()]


def _in_pretraining_data(plan: Plan, name: str) -> list[Badge]:
    """Name the weights of the grid whose training images include those of a dataset."""
    dataset = dataset_of(name, settings_of(name, plan.grid.datasets))
    used = {settings.weights for settings in plan.grid.strategies.values()}
    sources = sorted(dataset.drawn_from & {IMAGENET if is_imagenet(name) else name for name in used})
    return [
        Badge(
            f"in {source}",
            f"The images come from {source}: networks that start from its weights may have been "
            "pretrained on test images.",
        )
        for source in sources
    ]
