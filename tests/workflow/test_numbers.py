"""Every number of a report, wherever it stands, is the one that the runs left."""

import html
import io
import json
import re
from base64 import b64decode
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from convbench.report.pages.names import PAGES
from convbench.report.text.numbers import level_name, points
from tests.project import Project

FACTORS = ["dataset", "train_size", "architecture", "label", "augmentation"]
TABLES = (
    "runs",
    "epochs",
    "labels",
    "speed",
    "guidelines",
    "configurations",
    "effects",
    "variance",
    "convergence",
)


@pytest.fixture
def root(reproduced: Project) -> Path:
    return reproduced.root


@pytest.fixture
def runs(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "results/tables/runs.csv")


@pytest.fixture
def means(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, straight from the table of runs."""
    names = ["val_score", "test_score", "train_seconds", "params_trainable", "macs"]
    return runs.groupby(FACTORS)[names].mean()


def page(root: Path, name: str) -> str:
    return (root / "reports" / name).read_text(encoding="utf-8")


def rows_of(text: str, label: str) -> list[dict[str, str]]:
    """Return the rows of the table with an accessible name: column -> what is written in it."""
    table = text[text.index(f'aria-label="{label}') :]
    table = table[: table.index("</table>")]
    heads = [words(head) for head in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table, re.DOTALL)]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [dict(zip(heads, map(words, row), strict=True)) for row in cells]


def words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def figures(text: str) -> dict[str, pd.DataFrame]:
    """Return the data behind each figure of a page, by the figure's title."""
    found = {}
    for section in text.split('<section aria-labelledby="figure-')[1:]:
        title = words(re.search(r"<h2[^>]*>(.*?)</h2>", section, re.DOTALL).group(1))
        data = re.search(r'href="data:text/csv;base64,([^"]+)"', section).group(1)
        found[title] = pd.read_csv(io.BytesIO(b64decode(data)))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_csv_says_what_its_parquet_says(root, name):
    table = pd.read_parquet(root / f"results/tables/{name}.parquet")
    csv = pd.read_csv(root / f"results/tables/{name}.csv", keep_default_na=False, dtype=str)

    assert list(csv.columns) == list(table.columns)
    for column in table:
        for written, value in zip(csv[column], table[column], strict=True):
            if pd.isna(value):
                assert written == ""
            elif pd.api.types.is_float_dtype(table[column]):
                assert float(written) == value
            else:
                assert written == str(value)


def test_runs_are_the_same_in_files_table_mlflow_and_their_pages(root, runs, monkeypatch):
    monkeypatch.chdir(root)
    client = MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    tracked = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    for row in runs.itertuples():
        metrics = json.loads((root / row.folder / "metrics.json").read_text())
        synced = tracked[row.run_id].data.metrics
        text = " ".join(page(root, f"runs/{row.run_id}.html").split())

        for name in ("test_score", "val_score", "test_loss", "train_seconds", "macs", "params_total"):
            assert getattr(row, name) == metrics[name] == synced[name]
        assert f"<dt>Test accuracy</dt><dd>{row.test_score:.1%}</dd>" in text
        assert f"<dd>{row.val_score:.1%}, at epoch {row.best_epoch} of {row.epochs}</dd>" in text
        assert f"{row.train_seconds:,.2f} s on cpu, {row.params_trainable:,} of" in text


def test_the_list_of_runs_shows_the_table(root, runs):
    shown = {row["Run"]: row for row in rows_of(page(root, "reproduce.html"), "All runs")}

    assert set(shown) == set(runs["run_id"])
    for row in runs.itertuples():
        assert shown[row.run_id]["Test"].startswith(f"{row.test_score:.1%}")
        assert shown[row.run_id]["Validation"] == f"{row.val_score:.1%}"
        assert shown[row.run_id]["Training, s"] == f"{row.train_seconds:,.2f}"


def test_the_leaderboard_shows_the_means_and_the_comparison_with_the_best(root, means):
    compared = pd.read_csv(root / "results/tables/configurations.csv").set_index(FACTORS)
    speed = pd.read_csv(root / "results/tables/speed.csv").set_index("architecture")
    shown = rows_of(page(root, "index.html"), "Leaderboard, digits, 50")

    assert len(shown) == len(means)
    for row in shown:
        key = ("digits", 50, row["Architecture"], row["Strategy"], row["Augmentation"])
        mean, other = means.loc[key], compared.loc[key]
        assert row["Test"] == f"{mean['test_score']:.1%}"
        assert row["Validation"] == f"{mean['val_score']:.1%}"
        assert row["Training, s"] == f"{mean['train_seconds']:,.2f}"
        assert row["Trained parameters"] == f"{mean['params_trainable']:,.0f}"
        assert row["Inference, one image, ms"] == f"{speed.at[row['Architecture'], 'inference_ms']:.3g}"
        assert row["Calibration error"] == f"{other['calibration_error']:.1%}"
        difference = row["From the best, points"]
        assert (
            difference == "best" if other["best"] else difference.startswith(points(other["difference"]))
        )


def test_the_answer_is_the_configuration_that_validation_chooses(root, means):
    text = page(root, "index.html")
    best = means.loc[means["val_score"].idxmax()]
    answer = words(text[text.index('class="answer"') : text.index('class="note"')])

    assert f"{best['test_score']:.1%}" in answer
    assert f"{best['train_seconds']:,.2f} s of training" in answer
    for name in means["val_score"].idxmax()[2:]:
        assert name in answer


def test_sentences_hold_the_numbers_of_the_effects(root):
    effects = pd.read_csv(root / "results/tables/effects.csv")
    found = [
        words(each) for each in re.findall(r'<p class="finding">(.*?)</p>', page(root, "index.html"))
    ]

    for row in effects.itertuples():
        if row.significant or pd.isna(row.low):
            level = level_name(row.factor, row.level)
            assert any(f"{level} {points(row.difference)} points" in each for each in found)


def test_figures_are_drawn_from_the_same_numbers(root, means):
    found = {title: data for name in PAGES for title, data in figures(page(root, name)).items()}

    checked = 0
    for data in found.values():
        keys = [name for name in FACTORS[2:] if name in data]
        for column, own in {
            "train_seconds": "train_seconds",
            "test_score": "test_score",
            "mean": "test_score",
        }.items():
            if column not in data or len(keys) < 3 or "epoch" in data or "reached" in data:
                continue
            for row in data.to_dict("records"):
                expected = means.loc[("digits", 50, *(row[name] for name in keys)), own]
                assert row[column] == pytest.approx(expected)
                checked += 1
    assert checked == 3 * len(means)  # the score by configuration; the seconds and the score by time


def test_curves_are_drawn_from_the_epochs(root, runs):
    epochs = pd.read_csv(root / "results/tables/epochs.csv").merge(
        runs[["run_id", *FACTORS]], on="run_id"
    )
    (data,) = [each for each in figures(page(root, "convergence.html")).values() if "epoch" in each]
    means = epochs.groupby(["label", "epoch"])["val_score"].mean()

    for row in data.itertuples():
        assert row.mean == pytest.approx(means.loc[(row.label, row.epoch)])


def test_speeds_are_those_of_the_table(root):
    speed = pd.read_csv(root / "results/tables/speed.csv")
    shown = rows_of(page(root, "cost.html"), "Speed")

    for row, line in zip(speed.itertuples(), shown, strict=True):
        assert line["Architecture"] == row.architecture
        assert line["Inference, one image, ms"] == f"{row.inference_ms:.3g}"
        assert line["Training step, ms"] == f"{row.train_step_ms:.3g}"


def test_convergence_is_that_of_the_table(root, runs):
    table = pd.read_csv(root / "results/tables/convergence.csv").merge(
        runs[["run_id", *FACTORS]], on="run_id"
    )
    means = table.groupby(FACTORS)[["mean_score", "gap", "instability", "epochs_to_95_percent"]].mean()
    shown = rows_of(page(root, "convergence.html"), "Convergence")

    for line in shown:
        names = [line[name] for name in ("Architecture", "Strategy", "Augmentation")]
        key = (line["Dataset"], int(line["Images"]), *names)
        assert line["Mean over epochs"] == f"{means.at[key, 'mean_score']:.1%}"
        assert line["Generalization gap, points"] == points(means.at[key, "gap"])
        assert line["Instability, points"] == points(means.at[key, "instability"])
        assert line["Epochs to 95% of its best"] == f"{means.at[key, 'epochs_to_95_percent']:.1f}"
