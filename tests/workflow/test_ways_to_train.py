"""Weights of one's own, a network of one's own, rates that are found: from a config to the report."""

import hashlib
import sqlite3

import pandas as pd
import pytest
import torch

from convbench.files import read_json
from convbench.models import ARCHITECTURES
from tests.project import RECIPE, copy_project

OWN = """from torch import nn


def build(classes, image_size):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, classes),
    )
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("ways")
    project = copy_project(root / "convbench")
    (project.root / "mine.py").write_text(OWN)
    torch.manual_seed(0)
    state = ARCHITECTURES["simple_cnn"].build(7, 8).state_dict()
    checkpoint = {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}
    torch.save(checkpoint | {"epoch": 3}, root / "zoo.pth")
    project.configure(
        architectures=["simple_cnn", "mine:build"],
        strategies={
            "scratch": {"weights": "random", **RECIPE, "lr": "auto"},
            "last": {
                **RECIPE,
                "strategy": "fine_tune_last_1",
                "weights": "zoo",
                "architectures": ["simple_cnn"],
                "backbone_lr": "lr/2",
                "label_smoothing": 0.1,
                "ema": 0.5,
            },
            "probed": {
                **RECIPE,
                "strategy": "probe_then_fine_tune",
                "weights": "zoo",
                "architectures": ["simple_cnn"],
                "backbone_lr": 0.0001,
                "probe_epochs": 1,
                "probe_lr": 0.01,
            },
        },
        augmentations=["affine+mixup"],
        weights={
            "zoo": {
                "simple_cnn": {
                    "source": str(root / "zoo.pth"),
                    "sha256": hashlib.sha256((root / "zoo.pth").read_bytes()).hexdigest(),
                    "normalise": {"mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]},
                }
            }
        },
        pretraining={},
        gradient_norms=True,
    )
    ran = project.snakemake("--cores", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (project.root / "printed.txt").write_text(ran.stdout + ran.stderr)
    return project


@pytest.fixture
def runs(done):
    table = pd.read_parquet(done.root / "results" / "tables" / "runs.parquet")
    return table.set_index("run_id")


def test_every_way_finishes_under_its_own_name(runs):
    assert set(runs["outcome"]) == {"finished"}
    assert set(runs.index) == {
        "digits@50/simple_cnn/scratch/affine+mixup/s0",
        "digits@50/mine.build/scratch/affine+mixup/s0",
        "digits@50/simple_cnn/last/affine+mixup/s0",
        "digits@50/simple_cnn/probed/affine+mixup/s0",
    }
    assert runs.loc["digits@50/simple_cnn/last/affine+mixup/s0", "strategy"] == "fine_tune_last_1"


def test_the_rate_of_a_run_is_the_one_that_its_test_found(done, runs):
    run = "digits@50/simple_cnn/scratch/affine+mixup/s0"
    found = read_json(done.one("results/rates/digits@50/simple_cnn/scratch/affine+mixup/*.json"))

    assert found["reason"] == ""
    assert runs.loc[run, "lr"] == found["chosen_lr"] > 0
    assert runs.loc["digits@50/simple_cnn/last/affine+mixup/s0", "lr"] == RECIPE["lr"]


def test_only_what_the_strategy_says_learns(runs):
    learned = runs["params_trainable"]

    assert learned["digits@50/simple_cnn/last/affine+mixup/s0"] == (256 * 128 + 128) + (128 * 10 + 10)
    assert (
        learned["digits@50/simple_cnn/probed/affine+mixup/s0"]
        == (runs.loc["digits@50/simple_cnn/probed/affine+mixup/s0", "params_total"])
    )


def test_gradients_are_in_a_table_and_drawn(done):
    gradients = pd.read_csv(done.root / "results/tables/gradients.csv")
    own = gradients[gradients["run_id"] == "digits@50/simple_cnn/scratch/affine+mixup/s0"]

    assert own["layer"].tolist()[:4] == ["conv1.weight", "conv2.weight", "hidden.weight", "head.weight"]
    assert own["depth"].tolist() == [1, 2, 3, 4] * 2
    assert own["epoch"].tolist() == [1] * 4 + [2] * 4
    pages = {
        name: (done.root / f"reports/{name}.html").read_text() for name in ("factors", "convergence")
    }
    assert "times the gradient of its last" in pages["factors"]
    assert "Learning rates chosen by a range test" in pages["convergence"]


def test_a_backbone_that_learns_too_fast_is_warned_of_before_and_marked_after(done, runs):
    warning = "backbone_lr 0.005 is above a tenth of 0.001, a usual rate from scratch with adamw"

    assert f"strategies.last: {warning}" in (done.root / "printed.txt").read_text()
    page = (done.root / "reports/index.html").read_text(encoding="utf-8")
    assert f"last: {warning}" in page
    assert "high backbone learning rate" in page
    assert runs.loc["digits@50/simple_cnn/probed/affine+mixup/s0", "rate_warning"] == ""


def test_the_rules_of_thumb_are_a_table(done):
    verdicts = pd.read_csv(done.root / "results/tables/guidelines.csv")

    assert len(verdicts) == 7
    tested = verdicts[verdicts["verdict"] != "not tested here"]
    assert tested["claim"].tolist()[0].startswith("With under 1,000 images")


def test_mlflow_has_the_rate_that_was_found(done, runs):
    with sqlite3.connect(done.root / "mlflow.db") as database:
        found = dict(
            database.execute(
                "select tags.value, metrics.value from latest_metrics as metrics "
                "join tags using (run_uuid) "
                "where metrics.key = 'lr' and tags.key = 'convbench.run_id'"
            )
        )

    assert found == pytest.approx(runs["lr"].to_dict())


def test_nothing_is_stale_afterwards_and_an_edit_of_the_own_network_makes_its_run_so(done):
    assert done.stale() == set()

    done.edit("mine.py", "nn.ReLU()", "nn.Tanh()")

    assert done.stale() == {"digits@50/mine.build/scratch/affine+mixup/s0"}
