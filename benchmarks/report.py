"""What the report of a large grid costs: seconds and memory of each stage, size of the pages.

    python benchmarks/report.py [--runs 10000] [--folder SCRATCH]

Makes up the results of a grid on the embedded digits (architectures of torchvision, 10 ways to train, 8
augmentations, 5 seeds), then aggregates, compares and renders them as the workflow would. Nothing is
trained. The pages stay under SCRATCH/reports, to be opened.
"""

import argparse
import json
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
from convbench.files import write_json
from convbench.models.torchvision_zoo import torchvision_names
from convbench.stages.folders import PREPARED, RUNS
from convbench.stages.grid import read_plan
from convbench.stages.journal import METRICS, write_predictions
from convbench.stages.runs import speed_file

FAMILIES = ("res", "vgg", "dense", "mobile", "eff")
EPOCHS, SEEDS, METHODS = 10, 5, 10
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
RECIPE = {
    "weights": "random",
    "strategy": "scratch",
    "optimizer": "adamw",
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "cosine",
}
MACHINE = {
    "commit": "made up",
    "processor": "none",
    "cores": 1,
    "system": "none",
    "python": "3",
    "packages": {},
}


def config(runs: int) -> dict:
    """Describe a grid of about that many runs."""
    count = max(1, round(runs / METHODS / len(AUGMENTATIONS) / SEEDS))
    return {
        "name": "made_up",
        "image_size": 64,
        "resize": "stretch",
        "tasks": {"digits": {"epochs": EPOCHS, "batch_size": 50}},
        "architectures": [name for name in torchvision_names() if name.startswith(FAMILIES)][:count],
        "strategies": {f"way{n}": RECIPE | {"lr": 0.001 * (n + 1)} for n in range(METHODS)},
        "augmentations": AUGMENTATIONS,
        "allow_label_breaking": True,
        "seeds": list(range(SEEDS)),
        "explain": [],
        "pretraining": {},
        "threads": 1,
        "device": "cpu",
        "tracking_uri": "sqlite:///mlflow.db",
    }


def make_up(spec: RunSpec, data: Prepared, skill: float) -> None:
    """Write what a run that is right with probability ``skill`` would have left."""
    draw = np.random.default_rng([spec.seed, crc32(spec.id.encode())])
    folder = RUNS / spec.id
    folder.mkdir(parents=True, exist_ok=True)
    rows = data.rows("test")
    labels = data.labels[rows]
    chances = draw.dirichlet(np.full(10, 0.3), len(rows))
    right = draw.random(len(rows)) < skill
    top = chances.argmax(axis=1)
    best = np.where(right, labels, (labels + 1 + top % 9) % 10)
    place = np.arange(len(rows))
    chances[place, top], chances[place, best] = chances[place, best].copy(), chances[place, top].copy()
    score = float((chances.argmax(axis=1) == labels).mean())
    curve = score * (1 - 0.6 ** np.arange(1, EPOCHS + 1))
    header = {
        "run_id": spec.id,
        "started": 0,
        "spec": spec.model_dump(mode="json"),
        "data_digest": data.card.digest,
        "environment": MACHINE,
    }
    lines = [json.dumps(header)]
    for number, value in enumerate(curve, start=1):
        lines.append(json.dumps(_epoch(number, float(value))))
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_predictions(folder, rows, labels, chances)
    write_json(folder / METRICS, _metrics(spec, score))


def _epoch(number: int, value: float) -> dict:
    return {
        "epoch": number,
        "time": number,
        "lr": 0.001,
        "train_loss": 1 - value,
        "train_accuracy": value,
        "val_loss": 1.1 - value,
        "val_score": value,
        "val_accuracy": value,
        "seconds": 1.0,
        "cpu_seconds": 1.0,
        "gradient_norms": None,
    }


def _metrics(spec: RunSpec, score: float) -> dict:
    scores = dict.fromkeys(("val_score", "val_accuracy", "test_score", "test_accuracy"), score)
    return scores | {
        "run_id": spec.id,
        "outcome": "finished",
        "reason": "",
        "device": "cpu",
        "score": "accuracy",
        "test_accuracy_per_class": score,
        "test_mean_average_precision": None,
        "test_f1_micro": None,
        "test_f1_macro": None,
        "test_f2": None,
        "test_loss": 1 - score,
        "best_epoch": EPOCHS,
        "epochs": EPOCHS,
        "labels": None,
        "train_seconds": 10.0 + len(spec.architecture),
        "cpu_seconds": 10.0,
        "seconds_per_epoch": 1.0,
        "params_total": 10**6 + len(spec.architecture),
        "params_trainable": 10**6,
        "macs": 10**8 + len(spec.architecture),
        "lr": 0.001,
        "stem": "",
        "left_out": [],
    }


def stage(*arguments: str) -> None:
    """Run one stage and say what it took."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "convbench", *arguments], check=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    took = time.perf_counter() - started
    print(f"{arguments[0]}: {took:.0f} s, at most {most:.2f} GB so far", flush=True)


def main() -> None:
    """Make the results up, render them, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="report"))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parent.parent / "data.dvc", folder)
    with chdir(folder):
        write_json(Path("grid.json"), config(options.runs))
        stage("fetch", "digits")
        prepared = PREPARED / "digits"
        prepared.mkdir(parents=True, exist_ok=True)
        stage(
            *("prepare", "--dataset", "digits", "--image-size", "64", "--resize", "stretch"),
            *("--out", str(prepared)),
        )
        for made in ("results/audit", "results/tables", "reports"):
            Path(made).mkdir(parents=True, exist_ok=True)
        stage("audit", "--prepared", str(prepared), "--out", "results/audit/digits.json")
        plan, data = read_plan(Path("grid.json")), open_prepared(prepared)
        names = {name: place for place, name in enumerate(plan.grid.architectures)}
        for spec in plan.runs.values():
            way, kind = int(spec.strategy[3:]), AUGMENTATIONS.index(spec.augmentation)
            make_up(spec, data, 0.5 + 0.01 * names[spec.architecture] + 0.02 * way + 0.003 * kind)
        for name, place in names.items():
            speed = dict.fromkeys(("predict_ms", "predict_batch_ms", "learn_batch_ms"), 1.0 + place)
            about = {"architecture": name, "batch": 32, "threads": 1, "device": "cpu"}
            speed_file(name).parent.mkdir(parents=True, exist_ok=True)
            write_json(speed_file(name), about | speed | {"processor": "none"})
        print(f"{len(plan.runs)} runs made up in {folder}", flush=True)
        stage("aggregate", "grid.json")
        stage("compare")
        stage("report", "grid.json", "--out", "reports/index.html")
        sizes = {path: path.stat().st_size for path in sorted(Path("reports").glob("*.html"))}
        of_runs = [path.stat().st_size for path in Path("reports/runs").rglob("*.html")]
        for path, size in sizes.items():
            print(f"{path}: {size / 1e6:.2f} MB")
        print(f"{len(of_runs)} pages of runs: {sum(of_runs) / 1e6:.2f} MB")
        print(f"in all: {(sum(sizes.values()) + sum(of_runs)) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
