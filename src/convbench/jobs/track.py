"""Send a grid's runs to MLflow."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from convbench.analysis.errors import confusion
from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.files import make_folder, write_json
from convbench.planning.plan import Plan
from convbench.results.folders import METRICS
from convbench.results.journal import JOURNAL, Record
from convbench.results.metrics import Result
from convbench.results.origin import origin, store_address
from convbench.results.predictions import PREDICTIONS, read_predictions
from convbench.results.rows import table
from convbench.results.schema import LabelRow
from convbench.tracking.sync import Experiment, open_store, working


def track(plan: Plan, out: Path) -> None:
    """Send every run that has begun, and write to ``out`` that all of them are there.

    May be called at any time, during a grid too: it sends what is new. Raises ``UserError`` where the
    store cannot be reached.
    """
    sent, address = 0, store_address(plan.grid.tracking_uri)
    for name, folders in _experiments(plan).items():
        begun = {folder: record for folder in folders if (record := Record.read(folder))}
        with working(address):
            experiment = Experiment.open(address, name, origin())
            for folder, record in begun.items():
                _send(experiment, folder, plan.prepared(folders[folder].dataset), record)
        sent += len(begun)
        print(f"MLflow experiment {name}: {len(begun)} runs", flush=True)
    write_json(make_folder(out.parent) / out.name, {"runs": sent})


def prepare_store(address: str, out: Path) -> None:
    """Open the store, creating its tables; write to ``out`` that it is there."""
    open_store(address)
    write_json(make_folder(out.parent) / out.name, {"store": "open"})


def _experiments(plan: Plan) -> Mapping[str, Mapping[Path, RunSpec]]:
    """Return the runs of each experiment: the grid's own, and those that made its weights."""
    runs = {plan.run_folder(run): spec for run, spec in plan.runs.items()}
    experiments = {plan.grid.name: runs}
    if plan.pretrainings:
        experiments[f"{plan.grid.name}-pretraining"] = {
            plan.weights_folder(name): spec for name, spec in plan.pretrainings.items()
        }
    return experiments


def _send(experiment: Experiment, folder: Path, prepared: Path, record: Record) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        artifacts: list[Path] = []
        if record.result is not None:
            artifacts = [folder / name for name in (JOURNAL, METRICS, PREDICTIONS)]
            if record.result.finished:
                artifacts.append(_by_class(folder, record.result, prepared, Path(scratch)))
        return experiment.sync(record, artifacts)


def _by_class(run: Path, result: Result, prepared: Path, folder: Path) -> Path:
    """Write the results class by class as CSV, which MLflow shows as a table.

    The confusion matrix of the test split; of a multi-label dataset the scores of each label.
    """
    if result.labels:
        path = folder / "labels.csv"
        table(result.labels, LabelRow).drop(columns=LabelRow.run_id).to_csv(path, index=False)
        return path
    found = read_predictions(run)
    classes = open_prepared(prepared).card.classes
    path = folder / "confusion.csv"
    counts = confusion(found.labels, [found.probabilities])
    names = pd.Index(classes, name="true \\ predicted")
    pd.DataFrame(counts, index=names, columns=list(classes)).to_csv(path)
    return path
