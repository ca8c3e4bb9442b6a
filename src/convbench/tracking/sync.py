"""Send runs to MLflow: what it lacks, and only that.

Files are the truth: a store that was lost is filled again from the journals. One experiment holds one
grid. An epoch's values are metrics called ``epoch/...``, a step each; the final numbers are metrics of
one value each, so MLflow's table of runs shows the best epoch and not the last one.
"""

import json
import os
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine unasked
# An unreachable store is reported in seconds: MLflow's own defaults, 7 retries and 120 s, take minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from convbench.config.tasks import Task
from convbench.errors import UserError
from convbench.results.journal import Header, Record
from convbench.results.rows import columns_of, dtypes_of
from convbench.results.schema import EpochRow, Metrics, RunRow

_RUN, _STARTED, _ORIGIN = "convbench.run_id", "convbench.started", "convbench.origin"
_DONE = "convbench.complete"
_NUMERIC = ("Int64", "Float64")
_CURVES = [
    *(
        name
        for name, dtype in dtypes_of(EpochRow).items()
        if dtype in _NUMERIC
        and columns_of(EpochRow)[name].unit != "s"
        and name not in (EpochRow.epoch, EpochRow.lr)
    ),
    EpochRow.lr,
]
"""The last one has a value in every epoch: an epoch that has it was sent whole."""
_NUMBERS = [name for name, dtype in dtypes_of(Metrics).items() if dtype in _NUMERIC]
_TAGS = (Metrics.outcome, Metrics.reason, Metrics.device, Metrics.stem)
_BATCH = 1000  # metrics that MLflow takes in one request
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_KNOCK = 5  # seconds in which a store must accept a connection


@dataclass(frozen=True)
class Experiment:
    """One experiment in one MLflow store."""

    client: MlflowClient
    experiment_id: str
    origin: str
    """The working copy that the runs come from. Those of others are left alone."""
    _known: dict[str, list[Run]] = field(repr=False)
    """Run id -> what the store has of it, one MLflow run a time that it was trained."""

    @classmethod
    def open(cls, address: str, experiment: str, origin: str) -> Self:
        """Connect as ``open_store`` does, creating the experiment where it is absent.

        Raises ``UserError`` where the experiment was deleted.
        """
        client = open_store(address)
        found = client.get_experiment_by_name(experiment)
        if found and found.lifecycle_stage == "deleted":
            raise UserError(
                f"the MLflow experiment {experiment!r} was deleted in {address}; restore it with: "
                f"mlflow experiments restore --experiment-id {found.experiment_id}"
            )
        experiment_id = found.experiment_id if found else client.create_experiment(experiment)
        client.set_experiment_tag(experiment_id, "mlflow.experiment.primaryMetric.name", "test_score")
        known: dict[str, list[Run]] = defaultdict(list)
        for run in _all_runs(client, experiment_id):
            if run.data.tags.get(_ORIGIN) == origin:
                known[run.data.tags[_RUN]].append(run)
        return cls(client, experiment_id, origin, known)

    def sync(self, record: Record, artifacts: Iterable[Path]) -> str:
        """Send what MLflow lacks of a run and return its MLflow id.

        Called during a run it shows live curves, called after it completes the record, called twice
        it changes nothing. An earlier training of the same run is moved to MLflow's deleted runs.
        """
        header = record.header
        started = str(header.started)
        same = [run for run in self._known[header.run_id] if run.data.tags[_STARTED] == started]
        for run in self._known[header.run_id]:
            if run not in same:
                self.client.delete_run(run.info.run_id)
        run = same[0] if same else self._create(header)
        self._known[header.run_id] = [run]
        if _DONE not in run.data.tags:
            ended = record.epochs[-1]["time"] if record.epochs else header.started
            metrics = record.result.metrics if record.result else None
            if metrics is not None:  # before the curves: MLflow's pages show what came first, first
                self._send_numbers(run.info.run_id, metrics, ended)
            self._send_curves(run.info.run_id, record.epochs, is_new=not same)
            if metrics is not None:
                self._finish(run.info.run_id, metrics, ended, artifacts)
        return str(run.info.run_id)

    def _create(self, header: Header) -> Run:
        environment = header.environment
        run = self.client.create_run(
            self.experiment_id,
            start_time=header.started,
            run_name=header.run_id,
            tags={
                _RUN: header.run_id,
                _STARTED: str(header.started),
                _ORIGIN: self.origin,
                "convbench.data_digest": header.data_digest,
                "mlflow.source.name": "convbench",
                "mlflow.source.git.commit": environment["commit"].removesuffix("-dirty"),
                **{f"environment.{name}": str(value) for name, value in _flat(environment)},
            },
        )
        params = [Param(name, str(value)) for name, value in _flat(header.spec)]
        self.client.log_batch(run.info.run_id, params=params)
        self.client.log_inputs(run.info.run_id, [_dataset(header)])
        return run

    def _send_curves(self, run: str, epochs: Sequence[Mapping[str, Any]], is_new: bool) -> None:
        history = [] if is_new else self.client.get_metric_history(run, f"epoch/{_CURVES[-1]}")
        sent = {point.step for point in history}
        points = [
            Metric(f"epoch/{name}", epoch[name], epoch["time"], epoch[EpochRow.epoch])
            for epoch in epochs
            if epoch[EpochRow.epoch] not in sent
            for name in _CURVES
            if epoch.get(name) is not None
        ]
        for start in range(0, len(points), _BATCH):
            self.client.log_batch(run, metrics=points[start : start + _BATCH])

    def _send_numbers(self, run: str, metrics: Metrics, ended: int) -> None:
        values = vars(metrics)
        numbers = [Metric(name, values[name], ended, 0) for name in _NUMBERS if values[name] is not None]
        tags = [RunTag(name, values[name]) for name in _TAGS if values[name] is not None]
        self.client.log_batch(run, metrics=numbers, tags=tags)

    def _finish(self, run: str, metrics: Metrics, ended: int, artifacts: Iterable[Path]) -> None:
        for path in artifacts:
            self.client.log_artifact(run, str(path))
        status = "FINISHED" if metrics.outcome == "finished" else "FAILED"
        self.client.set_terminated(run, status, ended)
        self.client.set_tag(run, _DONE, "yes")  # last: what was cut short before is sent again


def open_store(address: str) -> MlflowClient:
    """Connect to an MLflow store, creating its tables where they are absent.

    Two processes that create the tables of one database at the same time break each other. Raises
    ``UserError`` where the store cannot be opened.
    """
    with working(address):
        _knock(address)
        client = MlflowClient(tracking_uri=address)
        client.search_experiments(max_results=1)
    return client


@contextmanager
def working(address: str) -> Iterator[None]:
    """Raise ``UserError`` for whatever an unreachable store raises."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        shown = _without_password(address)
        raise UserError(f"cannot use the MLflow store {shown}: {error}") from error


def _knock(address: str) -> None:
    """Raise ``OSError`` where nobody listens: for a database, MLflow would try for minutes."""
    place = urlsplit(address)
    port = place.port or _PORTS.get(place.scheme.partition("+")[0])
    if place.hostname and port:
        socket.create_connection((place.hostname, port), timeout=_KNOCK).close()


def _without_password(address: str) -> str:
    place = urlsplit(address)
    return address.replace(f":{place.password}@", ":***@") if place.password else address


def _all_runs(client: MlflowClient, experiment_id: str) -> Iterable[Run]:
    token: str | None = None
    while token != "":
        page = client.search_runs([experiment_id], page_token=token)
        yield from page
        token = page.token or ""


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _dataset(header: Header) -> DatasetInput:
    name, digest = header.spec[RunRow.dataset], header.data_digest
    dataset = Dataset(
        name=str(Task(name, header.spec[RunRow.train_size])),
        digest=digest[:16],
        source_type="local",
        source=json.dumps({"path": f"results/prepared/{name}", "sha256": digest}),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])
