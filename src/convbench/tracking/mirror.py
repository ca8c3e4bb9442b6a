"""Send runs to MLflow: what it lacks, and only that.

Files are the truth, MLflow mirrors them: a mirror that was lost is made again from the journals. One
experiment holds one grid. An epoch's values are curves called ``epoch/...``; the final numbers are
metrics of one value each, so MLflow's table of runs shows the chosen epoch and not the last one.
"""

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
# A store that is away is said in seconds: MLflow's own defaults, 7 retries and 120 s, are of minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from convbench.errors import UserError

_RUN, _STARTED, _ORIGIN = "convbench.run_id", "convbench.started", "convbench.origin"
_DONE = "convbench.mirrored"
_CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_score", "lr")
_NUMBERS = (
    "test_score",
    "val_score",
    "test_accuracy",
    "val_accuracy",
    "test_accuracy_per_class",
    "test_mean_average_precision",
    "test_f1_micro",
    "test_f1_macro",
    "test_f2",
    "test_loss",
    "best_epoch",
    "lr",
    "params_total",
    "params_trainable",
    "macs",
    "train_seconds",
    "cpu_seconds",
    "seconds_per_epoch",
)
_BATCH = 1000  # metrics that MLflow takes in one request
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_KNOCK = 5  # seconds in which a store answers the door


@dataclass(frozen=True)
class Mirror:
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
                f"the MLflow experiment {experiment!r} was deleted in {address}; bring it back with: "
                f"mlflow experiments restore --experiment-id {found.experiment_id}"
            )
        experiment_id = found.experiment_id if found else client.create_experiment(experiment)
        client.set_experiment_tag(experiment_id, "mlflow.experiment.primaryMetric.name", "test_score")
        known: dict[str, list[Run]] = defaultdict(list)
        for run in _all_runs(client, experiment_id):
            if run.data.tags.get(_ORIGIN) == origin:
                known[run.data.tags[_RUN]].append(run)
        return cls(client, experiment_id, origin, known)

    def sync(
        self,
        header: Mapping[str, Any],
        epochs: Sequence[Mapping[str, Any]],
        metrics: Mapping[str, Any] | None,
        artefacts: Iterable[Path],
    ) -> str:
        """Bring MLflow up to one run's journal and return its MLflow id.

        Called during a run it shows live curves, called after it completes the record, called twice
        it changes nothing. An earlier training of the same cell is moved to MLflow's deleted runs.
        """
        started = str(header["started"])
        same = [run for run in self._known[header["run_id"]] if run.data.tags[_STARTED] == started]
        for run in self._known[header["run_id"]]:
            if run not in same:
                self.client.delete_run(run.info.run_id)
        run = same[0] if same else self._create(header)
        self._known[header["run_id"]] = [run]
        if _DONE not in run.data.tags:
            finished = epochs[-1]["time"] if epochs else header["started"]
            if metrics is not None:  # before the curves: MLflow's pages show what came first, first
                self._send_numbers(run.info.run_id, metrics, finished)
            self._send_curves(run.info.run_id, epochs, is_new=not same)
            if metrics is not None:
                self._finish(run.info.run_id, metrics, finished, artefacts)
        return str(run.info.run_id)

    def _create(self, header: Mapping[str, Any]) -> Run:
        surroundings = header["environment"]
        run = self.client.create_run(
            self.experiment_id,
            start_time=header["started"],
            run_name=header["run_id"],
            tags={
                _RUN: header["run_id"],
                _STARTED: str(header["started"]),
                _ORIGIN: self.origin,
                "convbench.data_digest": header["data_digest"],
                "mlflow.source.name": "convbench",
                "mlflow.source.git.commit": surroundings["commit"].removesuffix("-dirty"),
                **{f"environment.{name}": str(value) for name, value in _flat(surroundings)},
            },
        )
        params = [Param(name, str(value)) for name, value in _flat(header["spec"])]
        self.client.log_batch(run.info.run_id, params=params)
        self.client.log_inputs(run.info.run_id, [_dataset(header)])
        return run

    def _send_curves(self, run: str, epochs: Sequence[Mapping[str, Any]], is_new: bool) -> None:
        history = [] if is_new else self.client.get_metric_history(run, f"epoch/{_CURVES[-1]}")
        sent = {point.step for point in history}
        points = [
            Metric(f"epoch/{name}", epoch[name], epoch["time"], epoch["epoch"])
            for epoch in epochs
            if epoch["epoch"] not in sent
            for name in _CURVES
            if epoch[name] is not None
        ]
        for start in range(0, len(points), _BATCH):
            self.client.log_batch(run, metrics=points[start : start + _BATCH])

    def _send_numbers(self, run: str, metrics: Mapping[str, Any], finished: int) -> None:
        numbers = [
            Metric(name, metrics[name], finished, 0)
            for name in _NUMBERS
            if metrics.get(name) is not None
        ]
        outcome = [
            RunTag(name, metrics[name])
            for name in ("outcome", "reason", "device", "stem")
            if metrics.get(name) is not None
        ]
        self.client.log_batch(run, metrics=numbers, tags=outcome)

    def _finish(
        self, run: str, metrics: Mapping[str, Any], finished: int, artefacts: Iterable[Path]
    ) -> None:
        for path in artefacts:
            self.client.log_artifact(run, str(path))
        status = "FINISHED" if metrics["outcome"] == "finished" else "FAILED"
        self.client.set_terminated(run, status, finished)
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
    """Turn what a store raises that is away, or goes away, into a ``UserError``."""
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


def _dataset(header: Mapping[str, Any]) -> DatasetInput:
    spec, digest = header["spec"], header["data_digest"]
    dataset = Dataset(
        name=spec["dataset"] + (f"@{spec['train_size']}" if spec["train_size"] else ""),
        digest=digest[:16],
        source_type="local",
        source=f'{{"path": "results/prepared/{spec["dataset"]}", "sha256": "{digest}"}}',
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])
