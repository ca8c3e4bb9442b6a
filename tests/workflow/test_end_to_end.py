"""From a config to a report: one tiny grid, run by Snakemake."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from dvc.repo import Repo
from mlflow import MlflowClient

from convbench.report.pages.names import PAGES

RUNS = {
    f"digits@50/simple_cnn/{strategy}/{augmentation}/s0"
    for strategy in ("scratch", "fine_tune")
    for augmentation in ("none", "affine")
}


def test_every_promised_file_is_there_and_none_is_half_made(reproduced):
    paths = {path.relative_to(reproduced.root).as_posix() for path in reproduced.root.rglob("*")}
    files = {re.sub(r"/[0-9a-f]{8}(?=[/.]|$)", "", path) for path in paths}  # without keys

    for run in RUNS:
        for name in ("key.json", "journal.jsonl", "metrics.json", "predictions.parquet"):
            assert f"results/runs/{run}/{name}" in files
        assert f"logs/train/{run}.log" in files
    assert {
        "results/prepared/digits/8px/images.npy",
        "results/weights/simple_cnn/letters/weights.safetensors",
        "results/tables/runs.parquet",
        "results/tables/runs.csv",
        "results/tables/epochs.parquet",
        "results/tables/labels.parquet",
        "results/audit/digits/8px.json",
        "results/audit/letters/8px.json",
        "results/tables/configurations.parquet",
        "results/tables/effects.csv",
        "results/tables/variance.csv",
        "results/tables/convergence.csv",
        "results/tables/speed.csv",
        "results/explain/digits/simple_cnn/about.json",
        *(f"reports/{page}" for page in PAGES),
        *(f"reports/runs/{run}.html" for run in RUNS),
        "mlflow.db",
    } <= files
    drafts = [path for path in files if re.match(r"(results|data|reports)/(.*/)?\.[a-z]", path)]
    assert drafts == ["reports/runs/.snakemake_timestamp"]  # of a folder that is an output


def test_tables_mlflow_and_report_hold_the_same_runs_with_the_same_values(reproduced, monkeypatch):
    monkeypatch.chdir(reproduced.root)
    table = pd.read_parquet("results/tables/runs.parquet").set_index("run_id")
    client = MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    mirrored = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    html = (reproduced.root / "reports" / "reproduce.html").read_text(encoding="utf-8")
    score = r'<td class="n" data-value="([^"]+)">[\d.]+%'
    shown = {run: test for run, _, test in re.findall(rf'<tr id="([^"]+)">.*?{score}</td>{score}', html)}

    assert set(table.index) == set(mirrored) == set(shown) == RUNS
    for run in RUNS:
        metrics = json.loads(Path(table.at[run, "folder"], "metrics.json").read_text())
        accuracy = metrics["test_accuracy"]
        assert table.at[run, "test_accuracy"] == accuracy
        assert mirrored[run].data.metrics["test_accuracy"] == accuracy
        assert float(shown[run]) == accuracy
        for name in (
            "val_accuracy",
            "val_score",
            "test_score",
            "test_loss",
            "params_total",
            "macs",
            "train_seconds",
        ):
            assert mirrored[run].data.metrics[name] == table.at[run, name] == metrics[name]


def test_the_epochs_table_mlflow_and_the_journal_agree(reproduced, monkeypatch):
    monkeypatch.chdir(reproduced.root)
    epochs = pd.read_parquet("results/tables/epochs.parquet")
    client = MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    mirrored = client.search_runs([experiment.experiment_id])
    ids = {run.data.tags["convbench.run_id"]: run.info.run_id for run in mirrored}

    assert len(epochs) == 2 * len(RUNS)
    for run, own in epochs.groupby("run_id"):
        points = client.get_metric_history(ids[run], "epoch/val_loss")
        assert [(p.step, p.value) for p in points] == list(
            own[["epoch", "val_loss"]].itertuples(index=False, name=None)
        )


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC and its pygtrie
def test_dvc_agrees_with_what_was_made(reproduced, monkeypatch):
    monkeypatch.chdir(reproduced.root)

    with Repo(".") as repo:
        assert repo.status(["data.dvc"]) == {}


def test_snakemakes_own_report_holds_the_pages_in_order_with_captions(project):
    done = project.snakemake("--report", "own.html")

    assert done.returncode == 0, done.stderr
    html = (project.root / "own.html").read_text(encoding="utf-8")
    places = [html.index(f"{place} {page.title}") for place, page in enumerate(PAGES.values(), start=1)]
    assert places == sorted(places)
    assert "The question, the best configuration of each task and its cost" in html


def test_the_same_numbers_come_out_with_another_number_of_cores(project):
    shutil.move(project.root / "results" / "runs", project.root / "first" / "runs")

    done = project.snakemake("--cores", "1")
    same = project.convbench("diff", "first", "results")

    assert done.returncode == 0, done.stdout + done.stderr
    assert same.stdout.endswith(
        f"{len(RUNS)} of {len(RUNS)} runs are identical in metrics (times aside) and predictions\n"
    )
    assert same.returncode == 0


def test_progress_says_which_run_and_how_many_steps_are_left(project):
    shutil.rmtree(project.root / "results" / "runs")

    done = project.snakemake("--cores", "2")

    shown = done.stdout + done.stderr
    for run in RUNS:
        assert re.search(rf"{run}: test accuracy \d", shown)
    assert re.search(r"\d+ of \d+ steps \(\d+%\) done", shown)
