"""A grid in which all goes wrong that can: it ends in its own report, and can be gone on with."""

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from PIL import Image

from convbench.files import sha256
from convbench.results.view import View
from tests.project import RECIPE, Project, copy_project

RUN = "digits@50/broken_networks.network/{}/none/s0"
SOUND = {"weights": "random", "strategy": "scratch", **RECIPE}
DIVERGES = {**SOUND, "optimizer": "sgd", "lr": 1e30}
BROKEN = ("raises", "killed_once", "killed_always", "leaves")
NETWORKS = ("broken_networks:network", "broken_networks:without_speed")
KILLED = {RUN.format(name) for name in ("killed_once", "killed_always", "leaves")}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def port():
    return _free_port()


@pytest.fixture(scope="module")
def ended(tmp_path_factory, port):
    """Eight runs: one diverges, one raises, three are killed; no tracker. Not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("ended") / "convbench")
    shutil.copy(Path(__file__).with_name("broken_networks.py"), project.root)
    project.configure(
        name="eight",
        architectures=NETWORKS,
        strategies={
            **{name: {**SOUND, "architectures": NETWORKS[:1]} for name in BROKEN},
            "diverges": {**DIVERGES, "architectures": NETWORKS[:1]},
            "sound": {**SOUND, "architectures": NETWORKS[:1]},
            "fast": {**SOUND, "architectures": NETWORKS[1:]},
            "slow": {**SOUND, "lr": 0.001, "architectures": NETWORKS[1:]},
        },
        augmentations=["none"],
        pretraining={},
        explain=[NETWORKS[0]],
        tracking_uri=f"http://127.0.0.1:{port}",
    )
    (project.root / "reports" / "runs").mkdir(parents=True)
    (project.root / "reports" / "index.html").write_text("of another grid")
    (project.root / "results" / "tables").mkdir(parents=True)
    (project.root / "results" / "tables" / "runs.csv").write_text("of another grid")
    done = project.snakemake("--cores", "2")
    (project.root / "printed").write_text(done.stdout + done.stderr)
    (project.root / "last_lines").write_text(done.stdout)
    (project.root / "status").write_text(str(done.returncode))
    return project


@pytest.fixture
def copy(ended, tmp_path):
    """The ended grid, to change at will."""
    shutil.copytree(ended.root, tmp_path / "convbench", symlinks=True)
    return Project(tmp_path / "convbench")


def _runs(project):
    return pd.read_parquet(project.root / "results/tables/runs.parquet").set_index("run_id")


def _page(project, name):
    return (project.root / "reports" / name).read_text(encoding="utf-8")


def test_one_call_makes_a_row_of_every_run(ended):
    runs = _runs(ended)

    assert {run.split("/")[2]: row.outcome for run, row in runs.iterrows()} == {
        "raises": "failed",
        "killed_once": "killed",
        "killed_always": "killed",
        "leaves": "killed",
        "diverges": "diverged",
        "sound": "finished",
        "fast": "finished",
        "slow": "finished",
    }
    assert runs.at[RUN.format("raises"), "reason"] == "RuntimeError: the shoe pinches"
    assert runs.at[RUN.format("killed_always"), "reason"] == "SIGKILL, as when memory runs out"
    assert "about to be killed" in runs.at[RUN.format("killed_always"), "log"]
    assert "exit status 0" in runs.at[RUN.format("leaves"), "reason"]


def test_the_status_says_that_something_went_wrong_and_the_last_lines_what(ended):
    last = (ended.root / "last_lines").read_text().splitlines()

    assert (ended.root / "status").read_text() == "1"
    assert "eight: 8 runs: 3 finished, 1 diverged, 1 failed, 3 killed." in last
    assert last[-1] == "The report: reports/index.html"
    assert any(line.startswith("MLflow lacks these runs") for line in last)
    assert "Error in rule" not in (ended.root / "printed").read_text()


def test_the_report_names_each_and_its_reason(ended):
    runs = _runs(ended)

    for run, row in runs[runs["outcome"] != "finished"].iterrows():
        for page in ("reproduce.html", f"runs/{run}.html"):
            assert f"{row.outcome}: {row.reason}" in _page(ended, page)
        assert row.reason in _page(ended, "index.html")
    assert "about to be killed" in _page(ended, f"runs/{RUN.format('killed_always')}.html")
    assert "MLflow lacks these runs" in _page(ended, "index.html")


def test_a_speed_that_could_not_be_measured_is_a_row_with_a_reason(ended):
    speeds = pd.read_csv(ended.root / "results/tables/speed.csv").set_index("architecture")

    assert speeds.at[NETWORKS[1], "reason"] == "RuntimeError: no clock here"
    assert pd.isna(speeds.at[NETWORKS[1], "inference_ms"])
    assert speeds.at[NETWORKS[0], "inference_ms"] > 0
    assert "not measured: RuntimeError: no clock here" in _page(ended, "cost.html")


def test_what_finished_is_the_answer_and_what_was_lost_a_row_of_the_comparison(ended):
    compared = pd.read_csv(ended.root / "results/tables/configurations.csv").set_index("label")

    assert compared.loc[["fast", "slow", "sound"], "test_score"].notna().all()
    assert compared.loc[[*BROKEN, "diverges"], "seeds"].eq(0).all()
    assert compared.at["leaves", "outcomes"] == "1 killed"
    assert compared.at[compared.index[compared["best"]][0], "seeds"] == 1


def test_the_answer_is_among_those_that_finished(ended):
    html = _page(ended, "index.html")
    named = [name for name in (*BROKEN, "diverges", "sound", "fast", "slow") if f"<b>{name}</b>" in html]

    assert len(named) == 1
    assert named[0] in ("sound", "fast", "slow")


def test_where_no_run_finished_the_report_says_so(copy):
    strategies = {"diverges": DIVERGES}
    copy.configure(
        name="eight",
        architectures=NETWORKS[:1],
        strategies=strategies,
        augmentations=["none"],
        pretraining={},
    )
    done = copy.snakemake("--cores", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "eight: 1 run: 1 diverged." in done.stdout
    assert "No run finished" in _page(copy, "index.html")
    assert "No networks are explained" in _page(copy, "inside.html")


def test_its_networks_are_missed_by_name(ended):
    view = View.read(ended.one("results/explain/digits/broken_networks.network/*"))

    assert [each.name for each in view.networks] == ["random", "sound"]
    assert set(view.absent) == {*BROKEN, "diverges"}


def test_pages_and_tables_of_another_grid_lie_apart(ended):
    previous = ended.root / "reports" / "previous"

    assert (previous / "index.html").read_text() == "of another grid"
    assert (previous / "tables" / "runs.csv").read_text() == "of another grid"
    assert "of another grid" not in _page(ended, "index.html")


def test_a_dry_run_of_another_grid_moves_nothing(copy):
    copy.configure()
    copy.snakemake("-n")

    assert "eight" in _page(copy, "index.html")


def test_the_same_command_again_repeats_those_that_were_killed(copy):
    assert copy.stale() == KILLED

    done = copy.snakemake("--cores", "2")

    runs = _runs(copy)
    assert done.returncode == 1
    assert runs.at[RUN.format("killed_once"), "outcome"] == "finished"
    assert runs.at[RUN.format("killed_always"), "outcome"] == "killed"
    assert runs.at[RUN.format("killed_always"), "attempt"] == 2
    assert copy.stale() == KILLED - {RUN.format("killed_once")}


def test_retry_makes_those_that_failed_runnable_again(copy):
    done = copy.convbench("retry", "config/config.yaml")
    by_name = copy.convbench("retry", "config/config.yaml", "*/diverges/*", "--outcome", "diverged")

    assert done.stdout.splitlines()[:2] == [RUN.format("raises"), "speed/broken_networks.without_speed"]
    assert by_name.returncode == 0, by_name.stderr
    assert copy.stale() == KILLED | {RUN.format("raises"), RUN.format("diverges")}


def test_retry_of_what_is_not_there_says_so(copy):
    done = copy.convbench("retry", "config/config.yaml", "*/resnet20/*")

    assert done.returncode == 2
    assert "no run of eight whose id fits '*/resnet20/*' has the outcome 'failed'" in done.stderr


def test_where_nothing_is_to_be_repeated_the_status_still_says_that_runs_failed(copy):
    for job in (copy.root / "results" / "jobs").rglob("*.json"):
        job.write_text(job.read_text().replace('"again": true', '"again": false'))
    copy.snakemake("--cores", "2")

    done = copy.snakemake("--cores", "2")

    assert done.returncode == 1
    assert "Rule: ended" in done.stdout + done.stderr
    assert "Rule: report" not in done.stdout + done.stderr
    assert "eight: 8 runs: 3 finished, 1 diverged, 1 failed, 3 killed." in done.stdout


@pytest.fixture(scope="module")
def without_zoo(tmp_path_factory):
    """A grid on two datasets, of which one cannot be fetched; its archive lies in ``mirror``."""
    root = tmp_path_factory.mktemp("without")
    mirror = root / "mirror"
    mirror.mkdir()
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(mirror / "zoo.zip", "w") as archive:
        for name in [f"{animal}/{number}.png" for animal in ("cat", "dog") for number in range(20)]:
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(picture, "png")
            archive.writestr(name, picture.getvalue())
    project = copy_project(root / "convbench")
    project.configure(
        strategies={"scratch": SOUND},
        tasks={"digits@50": {"epochs": 1, "batch_size": 10}, "zoo": {"epochs": 1, "batch_size": 10}},
        datasets={
            "zoo": {
                "layout": "folder",
                "source": f"http://127.0.0.1:{_free_port()}/zoo.zip",
                "sha256": sha256(mirror / "zoo.zip"),
            }
        },
        augmentations=["none"],
        pretraining={},
    )
    return project, project.snakemake("--cores", "2")


def test_a_dataset_that_cannot_be_fetched_fails_its_runs_alone(without_zoo):
    project, done = without_zoo
    runs = _runs(project)

    assert done.returncode == 1
    assert runs["outcome"].to_dict() == {
        "digits@50/simple_cnn/scratch/none/s0": "finished",
        "zoo/simple_cnn/scratch/none/s0": "failed",
    }
    reason = runs.at["zoo/simple_cnn/scratch/none/s0", "reason"]
    assert reason.startswith("there is no dataset zoo: zoo.zip could not be fetched")
    for page in ("index.html", "data.html", "reproduce.html"):
        assert "zoo.zip could not be fetched" in _page(project, page)
    assert "The same command again repeats fetch/zoo and prepare/zoo/8px." in done.stdout


def test_once_it_can_be_had_the_same_command_goes_on(without_zoo, monkeypatch):
    project, _ = without_zoo
    monkeypatch.setenv("CONVBENCH_MIRROR", str(project.root.parent / "mirror"))

    done = project.snakemake("--cores", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert _runs(project)["outcome"].eq("finished").all()
    assert "could not be fetched" not in _page(project, "index.html")


@contextmanager
def _server(folder, port):
    """An MLflow server on loopback, stopped by its own process id."""
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(120):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def test_when_the_tracker_is_back_one_command_completes_the_record(copy, port, tmp_path):
    with _server(tmp_path, port):
        done = copy.convbench("track", "config/config.yaml")
        client = MlflowClient(f"http://127.0.0.1:{port}")
        experiment = client.get_experiment_by_name("eight")
        tracked = client.search_runs([experiment.experiment_id])

    assert done.returncode == 0, done.stderr
    outcomes = {run.info.run_name: run.data.tags["outcome"] for run in tracked}
    assert outcomes == _runs(copy)["outcome"].to_dict()
