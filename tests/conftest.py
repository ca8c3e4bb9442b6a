"""What several tests share: a small grid, a small prepared dataset, one run."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny networks: threads would only wait for each other

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from convbench.config.spec import Hyperparameters, RunSpec
from convbench.data.base import Listing, Sample, Splitting
from convbench.data.prepare.write import Settings, prepare
from tests.project import Project, copy_project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no core waits for another at the end."""
    items.sort(key=lambda item: not {"workflow", "browser", "portable"} & set(item.path.parts))


def how(**changes: Any) -> Settings:
    """Say how a small dataset is prepared."""
    settings: dict[str, Any] = {
        "image_size": 8,
        "resize": "stretch",
        "splitting": Splitting(),
        "keeps": None,
        "score": None,
        "skip_bad": False,
        "refuse_leaks": False,
        "workers": 2,
    }
    return Settings(**settings | changes)


@pytest.fixture
def values() -> dict[str, Any]:
    """A valid config, as YAML gives it."""
    common = {
        "optimizer": "adamw",
        "lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "schedule": "cosine",
    }
    return {
        "name": "tiny",
        "image_size": 8,
        "resize": "stretch",
        "tasks": {"digits@20": {"epochs": 2, "batch_size": 10}},
        "architectures": ["simple_cnn", "resnet20"],
        "strategies": {
            "scratch": {"weights": "random", **common},
            "fine_tune": {"weights": "letters", "backbone_lr": 0.001, **common},
        },
        "augmentations": ["none", "affine"],
        "seeds": [0, 1],
        "pretraining": {
            "letters": {
                "augmentation": "none",
                "seed": 0,
                "epochs": 1,
                "batch_size": 64,
                **common,
            }
        },
        "threads": 1,
        "device": "cpu",
        "tracking_uri": "sqlite:///mlflow.db",
    }


@pytest.fixture
def spec() -> RunSpec:
    """One short run on the dataset that ``prepared`` makes."""
    return RunSpec(
        dataset="digits",
        train_size=None,
        image_size=8,
        architecture="simple_cnn",
        weights="random",
        label="scratch",
        strategy="scratch",
        augmentation="affine",
        seed=0,
        hyperparameters=Hyperparameters(
            epochs=3,
            batch_size=8,
            optimizer="adamw",
            lr=0.003,
            momentum=0.9,
            weight_decay=0.0,
            schedule="constant",
        ),
        threads=1,
        device="cpu",
    )


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """Three classes that a network learns in a few steps: a bright top, middle or bottom."""
    rng = np.random.default_rng(0)

    def picture(label: int) -> Image.Image:
        pixels = rng.integers(0, 60, (8, 8), dtype=np.uint8)
        pixels[3 * label : 3 * label + 2] += 180
        return Image.fromarray(pixels)

    pictures = [(row % 3, picture(row % 3)) for row in range(60)]
    samples = [
        Sample(f"{row}", label, ("train", "train", "val", "test")[row // 15], lambda image=image: image)
        for row, (label, image) in enumerate(pictures)
    ]
    folder = tmp_path / "prepared"
    folder.mkdir()
    prepare("digits", Listing(("top", "middle", "bottom"), samples), False, how(), "pin", folder)
    return folder


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny grid, run to its report. Not to be changed: see ``project``.

    One for all workers, whose temporary folders lie side by side: who comes first makes it.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "reproduced"
    with FileLock(f"{folder}.lock"):
        if (folder / "done").exists():
            return Project(folder / "convbench")
        project = copy_project(folder / "convbench")
        done = project.snakemake("--cores", "2")
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "done").touch()
    return project


@pytest.fixture
def project(reproduced: Project, tmp_path: Path) -> Project:
    """A reproduced project of the test's own, to change at will."""
    shutil.copytree(reproduced.root, tmp_path / "convbench", symlinks=True)
    return Project(tmp_path / "convbench")
