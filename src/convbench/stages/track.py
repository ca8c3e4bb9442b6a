"""Mirror a grid's runs in MLflow."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.files import make_folder, write_json
from convbench.stages.folders import METRICS, PREPARED, RUNS
from convbench.stages.journal import JOURNAL, PREDICTIONS, Record
from convbench.stages.plan import Plan
from convbench.stages.predictions import read_predictions
from convbench.stages.runs import origin, pretraining_folder, store_address
from convbench.tracking.mirror import Mirror, open_store, working


def track(plan: Plan, out: Path) -> None:
    """Send every run that has begun, and write to ``out`` that all of them are there.

    May be called at any time, during a grid too: it sends what is new. Raises ``UserError`` where the
    store is away.
    """
    sent, address = 0, store_address(plan.grid.tracking_uri)
    for experiment, folders in _experiments(plan).items():
        begun = {folder: record for folder in folders if (record := Record.read(folder))}
        with working(address):
            mirror = Mirror.open(address, experiment, origin())
            for folder, record in begun.items():
                _send(mirror, folder, folders[folder], record)
        sent += len(begun)
        print(f"MLflow experiment {experiment}: {len(begun)} runs", flush=True)
    write_json(make_folder(out.parent) / out.name, {"runs": sent})


def prepare_store(address: str, out: Path) -> None:
    """Open the store, creating its tables; write to ``out`` that it is there."""
    open_store(address)
    write_json(make_folder(out.parent) / out.name, {"store": "open"})


def _experiments(plan: Plan) -> Mapping[str, Mapping[Path, RunSpec]]:
    """Return the runs of each experiment: the grid's own, and those that made its weights."""
    experiments = {plan.grid.name: {RUNS / run: spec for run, spec in plan.runs.items()}}
    if plan.pretrainings:
        experiments[f"{plan.grid.name}-pretraining"] = {
            pretraining_folder(spec): spec for spec in plan.pretrainings.values()
        }
    return experiments


def _send(mirror: Mirror, folder: Path, spec: RunSpec, record: Record) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        artefacts: list[Path] = []
        if record.metrics is not None:
            artefacts = [folder / name for name in (JOURNAL, METRICS, PREDICTIONS)]
            if record.metrics["outcome"] == "finished":
                artefacts.append(_by_class(folder, record, spec, Path(scratch)))
        return mirror.sync(record.header, record.epochs, record.metrics, artefacts)


def _by_class(run: Path, record: Record, spec: RunSpec, folder: Path) -> Path:
    """Write what is known class by class as CSV, which MLflow shows as a table.

    The confusion matrix of the test split; where images carry several labels, their scores.
    """
    assert record.metrics is not None
    if record.metrics["labels"]:
        path = folder / "labels.csv"
        pd.DataFrame(record.metrics["labels"]).to_csv(path, index=False)
        return path
    found = read_predictions(run)
    classes = open_prepared(PREPARED / spec.dataset).card.classes
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (found.labels, found.probabilities.argmax(axis=1)), 1)
    path = folder / "confusion.csv"
    pd.DataFrame(
        counts, index=pd.Index(classes, name="true \\ predicted"), columns=list(classes)
    ).to_csv(path)
    return path
