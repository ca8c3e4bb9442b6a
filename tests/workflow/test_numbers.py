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

from convbench.report.pages import PAGES
from convbench.words import points
from tests.project import Project

FACTORS = ["dataset", "train_size", "architecture", "strategy", "augmentation"]
TABLES = (
    "runs",
    "epochs",
    "labels",
    "speed",
    "guidelines",
    "comparisons",
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
def cells(runs: pd.DataFrame) -> pd.DataFrame:
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
        metrics = json.loads((root / "results/runs" / row.run_id / "metrics.json").read_text())
        mirrored = tracked[row.run_id].data.metrics
        text = page(root, f"runs/{row.run_id}.html")

        for name in ("test_score", "val_score", "test_loss", "train_seconds", "macs", "params_total"):
            assert getattr(row, name) == metrics[name] == mirrored[name]
        assert f"<dt>Test accuracy</dt><dd>{row.test_score:.1%}</dd>" in text
        assert f"<dd>{row.val_score:.1%}, with epoch {row.best_epoch} of {row.epochs}</dd>" in text
        assert f"{row.train_seconds:,.2f} s on cpu, {row.params_trainable:,} of" in text


def test_the_list_of_runs_shows_the_table(root, runs):
    shown = {row["Run"]: row for row in rows_of(page(root, "reproduce.html"), "All runs")}

    assert set(shown) == set(runs["run_id"])
    for row in runs.itertuples():
        assert shown[row.run_id]["Test"].startswith(f"{row.test_score:.1%}")
        assert shown[row.run_id]["Validation"] == f"{row.val_score:.1%}"
        assert shown[row.run_id]["Training, s"] == f"{row.train_seconds:,.2f}"


def test_the_leaderboard_shows_the_means_and_the_comparisons(root, runs, cells):
    compared = pd.read_csv(root / "results/tables/comparisons.csv").set_index(FACTORS)
    speed = pd.read_csv(root / "results/tables/speed.csv").set_index("architecture")
    shown = rows_of(page(root, "index.html"), "Leaderboard, digits, 50")

    assert len(shown) == len(cells)
    for row in shown:
        key = ("digits", 50, row["Architecture"], row["Strategy"], row["Augmentation"])
        cell, other = cells.loc[key], compared.loc[key]
        assert row["Test"] == f"{cell['test_score']:.1%}"
        assert row["Validation"] == f"{cell['val_score']:.1%}"
        assert row["Training, s"] == f"{cell['train_seconds']:,.2f}"
        assert row["Trained params"] == f"{cell['params_trainable']:,.0f}"
        assert row["Inference, ms"] == f"{speed.at[row['Architecture'], 'predict_ms']:.3g}"
        assert row["Calibration error"] == f"{other['calibration_error']:.1%}"
        difference = row["From the best, points"]
        assert (
            difference == "best" if other["best"] else difference.startswith(points(other["difference"]))
        )


def test_the_answer_is_the_cell_that_validation_chooses(root, cells):
    text = page(root, "index.html")
    best = cells.loc[cells["val_score"].idxmax()]
    answer = words(text[text.index('class="answer"') : text.index('class="note"')])

    assert f"{best['test_score']:.1%}" in answer
    assert f"{best['train_seconds']:,.2f} s of training" in answer
    for name in cells["val_score"].idxmax()[2:]:
        assert name in answer


def test_sentences_hold_the_numbers_of_the_effects(root):
    effects = pd.read_csv(root / "results/tables/effects.csv")
    found = [
        words(each) for each in re.findall(r'<p class="finding">(.*?)</p>', page(root, "index.html"))
    ]

    for row in effects.itertuples():
        if row.seen or pd.isna(row.low):
            (sentence,) = [each for each in found if f"{row.level} by " in each]
            assert f"{row.level} by {points(row.difference)} points" in sentence


def test_figures_are_drawn_from_the_same_numbers(root, cells):
    found = {title: data for name in PAGES for title, data in figures(page(root, name)).items()}

    checked = 0
    for data in found.values():
        keys = [name for name in FACTORS[2:] if name in data]
        for column, own in {
            "seconds": "train_seconds",
            "test": "test_score",
            "mean": "test_score",
        }.items():
            if column not in data or len(keys) < 3 or "epoch" in data or "reached" in data:
                continue
            for row in data.to_dict("records"):
                expected = cells.loc[("digits", 50, *(row[name] for name in keys)), own]
                assert row[column] == pytest.approx(expected)
                checked += 1
    assert checked == 3 * len(cells)  # the score by cell; the seconds and the score by time


def test_curves_are_drawn_from_the_epochs(root, runs):
    epochs = pd.read_csv(root / "results/tables/epochs.csv").merge(
        runs[["run_id", *FACTORS]], on="run_id"
    )
    (data,) = [each for each in figures(page(root, "convergence.html")).values() if "epoch" in each]
    means = epochs.groupby(["strategy", "epoch"])["val_score"].mean()

    for row in data.itertuples():
        assert row.mean == pytest.approx(means.loc[(row.strategy, row.epoch)])


def test_speeds_are_those_of_the_table(root):
    speed = pd.read_csv(root / "results/tables/speed.csv")
    shown = rows_of(page(root, "cost.html"), "Speed")

    for row, line in zip(speed.itertuples(), shown, strict=True):
        assert line["Architecture"] == row.architecture
        assert line["Inference, one image, ms"] == f"{row.predict_ms:.3g}"
        assert line["Learning, in batches, ms"] == f"{row.learn_batch_ms:.3g}"


def test_convergence_is_that_of_the_table(root, runs):
    table = pd.read_csv(root / "results/tables/convergence.csv").merge(
        runs[["run_id", *FACTORS]], on="run_id"
    )
    means = table.groupby(FACTORS)[["area", "gap", "instability", "epochs_to_near"]].mean()
    shown = rows_of(page(root, "convergence.html"), "Convergence")

    for line in shown:
        size, _, dataset = line["Task"].partition(" of ")
        key = (dataset, int(size), line["Architecture"], line["Strategy"], line["Augmentation"])
        assert line["Area"] == f"{means.at[key, 'area']:.1%}"
        assert line["Gap"] == points(means.at[key, "gap"])
        assert line["Instability"] == points(means.at[key, "instability"])
        assert line["Epochs to 95% of its best"] == f"{means.at[key, 'epochs_to_near']:.1f}"
