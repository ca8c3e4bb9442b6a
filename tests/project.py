"""A copy of the project with a tiny grid, for tests of the workflow and of what it leaves."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PARTS = (".dvc/config", "Snakefile", "config", "data.dvc", "profiles", "src", "workflow")
RECIPE = {
    "optimizer": "adamw",
    "lr": 0.01,
    "momentum": 0.9,
    "weight_decay": 0.0001,
    "schedule": "cosine",
}
TINY = {
    "name": "tiny",
    "image_size": 8,
    "resize": "stretch",
    "tasks": {"digits@50": {"epochs": 2, "batch_size": 10}},
    "architectures": ["simple_cnn"],
    "strategies": {
        "scratch": {"weights": "random", **RECIPE},
        "fine_tune": {"weights": "letters", "backbone_lr": 0.001, **RECIPE},
    },
    "augmentations": ["none", "affine"],
    "seeds": [0],
    "pretraining": {
        "letters": {"augmentation": "none", "seed": 0, "epochs": 1, "batch_size": 64, **RECIPE}
    },
    "threads": 1,
    "device": "cpu",
    "tracking_uri": "sqlite:///mlflow.db",
}


@dataclass(frozen=True)
class Project:
    """A working copy."""

    root: Path

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake as a user would, on this copy's code."""
        return self.run("snakemake", *arguments)

    def convbench(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("convbench", *arguments)

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")},
            "PYTHONPATH": str(self.root / "src"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file, as an editor would."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def configure(self, **changes: Any) -> None:
        """Write the tiny grid, with changes, as the default config."""
        text = yaml.safe_dump({**TINY, **changes}, sort_keys=False)
        (self.root / "config" / "config.yaml").write_text(text, encoding="utf-8")

    def stale(self) -> set[str]:
        """Return the runs and weights that ``snakemake -n`` would make, without their keys."""
        done = self.snakemake("-n", "--quiet", "host")
        assert done.returncode == 0, done.stderr
        made = r"^ +wildcards: (?:run|pretraining)=(\S+)/[0-9a-f]{8}$"
        return set(re.findall(made, done.stdout, re.MULTILINE))

    def one(self, pattern: str) -> Path:
        """Return the one file or folder that a pattern fits; the ``*`` of a key among it."""
        [found] = self.root.glob(pattern)
        return found


def copy_project(root: Path) -> Project:
    """Copy what a clone holds, with the tiny grid for a config."""
    for part in PARTS:
        source, target = ROOT / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    project = Project(root)
    project.configure()
    return project
