"""What Snakemake itself costs: CPU seconds to plan a grid, and CPU of its own process for each job.

    python benchmarks/dag.py [--runs 1000 10000] [--jobs 300] [--folder SCRATCH]

Plans (``snakemake -n``) a grid of about so many runs in three states: nothing done, all done, and one
run stale. The results of "all done" are empty files, as nothing reads them before a job begins. Then
runs a grid of about ``--jobs`` runs whose jobs only touch their outputs, and plans it again: now
Snakemake has a record of each job. It prints CPU seconds, which other programs on the machine change by
a third, wall time by more.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "config", "data.dvc", "profiles", "src", "workflow")
RECIPE = {
    "optimizer": "adamw",
    "lr": 0.01,
    "momentum": 0.9,
    "weight_decay": 0.0001,
    "schedule": "cosine",
}
GRID = {
    "name": "large",
    "image_size": 16,
    "resize": "stretch",
    "tasks": {name: {"epochs": 4, "batch_size": 10} for name in ("digits@100", "digits@200")},
    "architectures": ["simple_cnn", "resnet20", "resnet32"],
    "strategies": {
        "scratch": {"weights": "random", **RECIPE},
        "feature_extraction": {"weights": "letters", **RECIPE},
        "fine_tune": {"weights": "letters", "backbone_lr": 0.001, **RECIPE},
        "fine_tune_last_1": {"weights": "letters", "backbone_lr": 0.001, **RECIPE},
    },
    "augmentations": ["none", "affine", "crop_flip", "rotation", "mixup"],
    "allow_label_breaking": True,
    "pretraining": {
        "letters": {"augmentation": "none", "seed": 0, "epochs": 1, "batch_size": 64, **RECIPE}
    },
    "threads": 1,
    "device": "cpu",
    "tracking_uri": "sqlite:///mlflow.db",
}
CONFIGURATIONS = 2 * 3 * 4 * 5

TARGETS = ("results/ended", "results/tracking/runs.json", "results/tables/runs.parquet")
"""What is executed: all but the comparisons and the report, which Snakemake's last lines would read."""

# Stands for ``python`` on the PATH: writes what follows --out, and what a job writes by another name.
FAKE_JOB = """#!/bin/sh
outcome='{"outcome": "finished"}'
case " $* " in
*" fetch "*) touch results/data/$(echo "$*" | sed 's/.* fetch \\([^ ]*\\).*/\\1/').json ;;
*" aggregate "*)
  for name in runs epochs labels gradients speed; do
    touch results/tables/$name.parquet results/tables/$name.csv
  done ;;
esac
for out in $(echo "$*" | sed -n 's/.* --out //p'); do
  case $out in
  results/prepared/*) touch $out/images.npy $out/index.parquet $out/card.json ;;
  *.*) echo "$outcome" > $out ;;
  esac
done
"""


@dataclass(frozen=True)
class Cost:
    """What one call of Snakemake took."""

    own: float
    """CPU seconds of Snakemake's process."""
    all: float
    """CPU seconds with the processes that it started."""
    megabytes: float
    """Largest resident memory of one process."""
    output: str


def snakemake(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Cost:
    """Call Snakemake in ``folder``; return what it cost."""
    log = folder / "snakemake.log"
    with log.open("w") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "src"), **(environment or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(") ")[2].split()
        own = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text()
    if child.returncode:
        sys.exit(text[-5000:])
    return Cost(own, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def project(folder: Path, runs: int) -> int:
    """Copy the project with a grid of about so many runs; return how many they are."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    seeds = max(1, round(runs / CONFIGURATIONS))
    text = yaml.safe_dump({**GRID, "seeds": list(range(seeds))}, sort_keys=False)
    (folder / "config" / "config.yaml").write_text(text)
    return CONFIGURATIONS * seeds


def finish(folder: Path) -> list[Path]:
    """Make empty files of all that the grid would make, all equally old; return the runs' metrics."""
    table = snakemake(folder, "--summary").output
    names = re.findall(r"^((?:results|reports)/\S+)\t", table, re.MULTILINE)
    then = time.time() - 3600
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "reports/runs":
            path.mkdir(exist_ok=True)
            (path / ".snakemake_timestamp").touch()
            os.utime(path / ".snakemake_timestamp", (then, then))
        else:
            path.touch()
        os.utime(path, (then, then))
    shutil.rmtree(folder / ".snakemake")
    return [folder / name for name in names if re.fullmatch(r"results/runs/.*/metrics.json", name)]


def jobs_in(cost: Cost) -> int:
    """Return how many jobs a dry run counts."""
    found = re.search(r"^total +(\d+)", cost.output, re.MULTILINE)
    return int(found[1]) if found else 0


def show(state: str, runs: int, cost: Cost, jobs: int) -> None:
    """Print what a call cost."""
    each = 1000 * cost.all / runs
    print(
        f"{runs:6} runs, {state:13} {jobs:6} jobs: {cost.all:6.1f} s of CPU, "
        f"{each:5.2f} ms a run, {cost.megabytes:5.0f} MB",
        flush=True,
    )


def plans(folder: Path, wanted: int) -> None:
    """Measure ``snakemake -n`` in each state of a grid."""
    runs = project(folder, wanted)
    cost = snakemake(folder, "-n")
    show("nothing done", runs, cost, jobs_in(cost))
    metrics = finish(folder)
    cost = snakemake(folder, "-n")
    show("all done", runs, cost, jobs_in(cost))
    metrics[len(metrics) // 2].unlink()
    cost = snakemake(folder, "-n")
    show("one stale", runs, cost, jobs_in(cost))


def executions(folder: Path, wanted: int) -> None:
    """Measure Snakemake's own process while it runs jobs that take no time, and a plan after it."""
    runs = project(folder, wanted)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "python").write_text(FAKE_JOB)
    (bin_folder / "python").chmod(0o755)
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}"}
    planned = snakemake(folder, "-n", *TARGETS)
    cost = snakemake(folder, "--cores", "2", *TARGETS, environment=environment)
    jobs = jobs_in(planned)
    print(
        f"{runs:6} runs, executed      {jobs:6} jobs: {cost.own:6.1f} s of CPU of Snakemake's own "
        f"process, {1000 * cost.own / jobs:.0f} ms a job; {planned.own:.1f} s of it to plan"
    )
    cost = snakemake(folder, "-n", *TARGETS)
    show("with records", runs, cost, jobs_in(cost))


def main() -> None:
    """Plan each size of grid, then execute one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--jobs", type=int, default=300, help="runs of the grid that is executed")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as root:
        for runs in options.runs:
            plans(Path(root) / f"plan{runs}", runs)
        if options.jobs:
            executions(Path(root) / "executed", options.jobs)


if __name__ == "__main__":
    main()
