"""What the report of a large grid costs: seconds and memory of each stage, size of the pages.

    python benchmarks/report.py [--runs 10000] [--folder SCRATCH]

Makes up the results of a grid on the embedded digits (architectures of torchvision, 10 strategies, 8
augmentations, 5 seeds), then aggregates, compares and renders them as the workflow would. Nothing is
trained. The pages stay under SCRATCH/reports, to be opened.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from zlib import crc32

import numpy as np

from convbench.config.spec import RunSpec
from convbench.data.prepared import Prepared, open_prepared
from convbench.environment import Environment
from convbench.files import make_folder, write_json
from convbench.models.facts import torchvision_names
from convbench.planning.plan import Plan
from convbench.planning.read import read_plan
from convbench.results.folders import REPORTS, TABLES
from convbench.results.journal import Journal
from convbench.results.metrics import Result
from convbench.results.predictions import Predictions
from convbench.results.schema import EpochRow, Metrics, SpeedRow
from convbench.scores.accuracy import ACCURACY, accuracy, balanced_accuracy

FAMILIES = ("res", "vgg", "dense", "mobile", "eff")
EPOCHS, SEEDS, STRATEGIES = 10, 5, 10
AUGMENTATIONS = [
    "none",
    "affine",
    "crop_flip",
    "rotation",
    "medical",
    "cutout",
    "mixup",
    "affine+mixup",
]
COMMON = {
    "weights": "random",
    "strategy": "scratch",
    "optimizer": "adamw",
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "cosine",
}
MACHINE = Environment("made up", "none", 1, "none", "none", "3", packages={})


def config(runs: int) -> dict:
    """Describe a grid of about that many runs."""
    count = max(1, round(runs / STRATEGIES / len(AUGMENTATIONS) / SEEDS))
    return {
        "name": "made_up",
        "image_size": 64,
        "resize": "stretch",
        "tasks": {"digits": {"epochs": EPOCHS, "batch_size": 50}},
        "architectures": [name for name in torchvision_names() if name.startswith(FAMILIES)][:count],
        "strategies": {f"scratch{n}": COMMON | {"lr": 0.001 * (n + 1)} for n in range(STRATEGIES)},
        "augmentations": AUGMENTATIONS,
        "allow_label_breaking": True,
        "seeds": list(range(SEEDS)),
        "explain": [],
        "pretraining": {},
        "threads": 1,
        "device": "cpu",
        "tracking_uri": "sqlite:///mlflow.db",
    }


def make_up(spec: RunSpec, folder: Path, data: Prepared, skill: float) -> None:
    """Write what a run that is correct with probability ``skill`` would have left."""
    rng = np.random.default_rng([spec.seed, crc32(spec.id.encode())])
    rows = data.rows("test")
    labels = data.labels[rows]
    probabilities = rng.dirichlet(np.full(10, 0.3), len(rows))
    correct = rng.random(len(rows)) < skill
    top = probabilities.argmax(axis=1)
    chosen = np.where(correct, labels, (labels + 1 + top % 9) % 10)
    place = np.arange(len(rows))
    swapped = probabilities[place, chosen].copy(), probabilities[place, top].copy()
    probabilities[place, top], probabilities[place, chosen] = swapped
    score = accuracy(labels, probabilities)
    with Journal(folder, spec, data.card.digest, MACHINE) as journal:
        for number, value in enumerate(score * (1 - 0.6 ** np.arange(1, EPOCHS + 1)), start=1):
            journal.add(epoch(number, float(value)))
    Predictions(rows, labels, probabilities).write(folder)
    Result(metrics(spec, score, balanced_accuracy(labels, probabilities)), left_out=[]).write(folder)


def epoch(number: int, value: float) -> dict:
    """Make up a line of a journal."""
    return {
        EpochRow.epoch: number,
        EpochRow.lr: 0.001,
        EpochRow.train_loss: 1 - value,
        ACCURACY.train: value,
        EpochRow.val_loss: 1.1 - value,
        EpochRow.val_score: value,
        ACCURACY.val: value,
        EpochRow.seconds: 1.0,
        EpochRow.cpu_seconds: 1.0,
        "gradient_norms": None,
    }


def metrics(spec: RunSpec, score: float, balanced: float) -> Metrics:
    """Make up the numbers of a run."""
    return Metrics(
        run_id=spec.id,
        outcome="finished",
        device="cpu",
        score=ACCURACY.name,
        val_score=score,
        val_accuracy=score,
        test_score=score,
        test_accuracy=score,
        test_balanced_accuracy=balanced,
        test_loss=1 - score,
        best_epoch=EPOCHS,
        epochs=EPOCHS,
        train_seconds=10.0 + len(spec.architecture),
        cpu_seconds=10.0,
        seconds_per_epoch=1.0,
        params_total=10**6 + len(spec.architecture),
        params_trainable=10**6,
        macs=10**8 + len(spec.architecture),
        lr=0.001,
        stem="",
    )


def make_up_all(plan: Plan, data: Prepared) -> None:
    """Make up every run of a grid, and the speed of its networks."""
    places = {name: place for place, name in enumerate(plan.grid.architectures)}
    for spec in plan.runs.values():
        strategy = int(spec.label.removeprefix("scratch"))
        kind = AUGMENTATIONS.index(spec.augmentation)
        skill = 0.5 + 0.01 * places[spec.architecture] + 0.02 * strategy + 0.003 * kind
        make_up(spec, make_folder(plan.run_folder(spec.id)), data, skill)
    for name, place in places.items():
        times = dict.fromkeys(
            (SpeedRow.inference_ms, SpeedRow.inference_batch_ms, SpeedRow.train_step_ms), 1.0 + place
        )
        speed = SpeedRow(
            architecture=name, batch_size=32, threads=1, device="cpu", processor="none", **times
        )
        make_folder(plan.speed_file(name).parent)
        write_json(plan.speed_file(name), vars(speed))
    print(f"{len(plan.runs)} runs made up in {Path.cwd()}", flush=True)


def stage(*arguments: str) -> None:
    """Run one stage and print what it took."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "convbench", *arguments], check=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    took = time.perf_counter() - started
    print(f"{arguments[0]}: {took:.0f} s, at most {most:.2f} GB so far", flush=True)


def main() -> None:
    """Make the results up, render them, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="report"))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parent.parent / "data.dvc", folder)
    with chdir(folder):
        write_json(Path("grid.json"), config(options.runs))
        plan = read_plan(Path("grid.json"))
        prepared, audit = plan.prepared("digits"), plan.audit_file("digits")
        stage("fetch", "digits")
        stage(
            *("prepare", "--dataset", "digits", "--image-size", "64", "--resize", "stretch"),
            *("--out", str(make_folder(prepared))),
        )
        for made in (audit.parent, TABLES, REPORTS):
            make_folder(made)
        stage("audit", "--prepared", str(prepared), "--out", str(audit))
        make_up_all(plan, open_prepared(prepared))
        stage("aggregate", "grid.json")
        stage("compare")
        stage("report", "grid.json", "--out", str(REPORTS / "index.html"))
        sizes = {path: path.stat().st_size for path in sorted(REPORTS.glob("*.html"))}
        of_runs = [path.stat().st_size for path in (REPORTS / "runs").rglob("*.html")]
        for path, size in sizes.items():
            print(f"{path}: {size / 1e6:.2f} MB")
        print(f"{len(of_runs)} pages of runs: {sum(of_runs) / 1e6:.2f} MB")
        print(f"in all: {(sum(sizes.values()) + sum(of_runs)) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
