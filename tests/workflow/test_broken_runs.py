"""A grid with runs that diverge is reported like any other: each is a row with its reason."""

import shutil

import pandas as pd
import pytest

from convbench.stages.view import View
from tests.project import RECIPE, Project, copy_project

BROKEN = {"weights": "random", "strategy": "scratch", **RECIPE, "optimizer": "sgd", "lr": 1e30}
SOUND = {"weights": "random", "strategy": "scratch", **RECIPE}
RUN = "digits@50/simple_cnn/{}/none/s0"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One run that diverges and one that does not; not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("mixed") / "convbench")
    both = {"broken": BROKEN, "sound": SOUND}
    project.configure(strategies=both, augmentations=["none"], pretraining={})
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def page(project: Project, name: str) -> str:
    return (project.root / "reports" / name).read_text(encoding="utf-8")


def test_a_run_that_diverged_is_a_row_with_its_reason_wherever_runs_are_listed(mixed):
    runs = pd.read_parquet(mixed.root / "results/tables/runs.parquet").set_index("run_id")
    reason = runs.at[RUN.format("broken"), "reason"]

    assert runs.at[RUN.format("broken"), "outcome"] == "diverged"
    assert "nan" in reason
    for name in ("index.html", "reproduce.html", f"runs/{RUN.format('broken')}.html"):
        assert reason in page(mixed, name)


def test_what_finished_beside_it_is_the_answer(mixed):
    assert "<b>sound</b>" in page(mixed, "index.html")
    assert "<b>broken</b>" not in page(mixed, "index.html")


def test_its_network_is_missed_by_name(mixed):
    view = View.read(mixed.root / "results/explain/digits/simple_cnn")

    assert [each.name for each in view.networks] == ["random", "sound"]
    assert view.absent["broken"] in page(mixed, "inside.html")


def test_where_every_run_diverged_the_report_says_so(mixed, tmp_path):
    shutil.copytree(mixed.root, tmp_path / "convbench", symlinks=True)
    project = Project(tmp_path / "convbench")
    project.configure(strategies={"broken": BROKEN}, augmentations=["none"], pretraining={})
    done = project.snakemake("--cores", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No run finished" in page(project, "index.html")
    assert "No networks were opened" in page(project, "inside.html")
