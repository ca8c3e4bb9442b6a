"""From predictions of every test image to tables: made-up predictions of which the truth is known."""

import numpy as np
import pandas as pd
import pytest
from tests.rows import runs_table

from convbench.files import make_folder
from convbench.jobs.compare import compare_runs
from convbench.report.text.findings import findings
from convbench.results.predictions import Predictions
from convbench.results.rows import table
from convbench.results.schema import EpochRow

STRATEGIES = {"scratch": 0.70, "tuned": 0.90, "twin": 0.90, "worse": 0.80}
"""How often each is right; two are equally good."""
IMAGES = 400


def grid(seed, seeds=3):
    """Return runs and, run by run, which test images are right: some images are hard for all."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 1, IMAGES)
    rows, right = [], {}
    for strategy, rate in STRATEGIES.items():
        for augmentation in ("none", "mixup"):
            for number in range(seeds):
                run = f"zoo/net/{strategy}/{augmentation}/s{number}"
                reached = np.log(rate / (1 - rate)) * 1.2 + hard + rng.normal(0, 0.05)
                right[run] = rng.random(IMAGES) < 1 / (1 + np.exp(-reached))
                score = float(right[run].mean())
                rows.append(
                    {
                        "run_id": run,
                        "dataset": "zoo",
                        "train_size": 50,
                        "architecture": "net",
                        "label": strategy,
                        "strategy": "scratch" if strategy == "scratch" else "fine_tune",
                        "augmentation": augmentation,
                        "seed": number,
                        "outcome": "finished",
                        "score": "accuracy",
                        "val_score": rate + rng.normal(0, 0.01),
                        "test_score": score,
                        "train_seconds": 1.0,
                    }
                )
    return runs_table(rows), right


def written(folder, runs, right):
    """Write the tables and the predictions as the stages before leave them; return what is compared."""
    labels = np.arange(IMAGES) % 2
    for run, own in right.items():
        predicted = np.where(own, labels, 1 - labels)
        probabilities = np.full((IMAGES, 2), 0.25)
        probabilities[np.arange(IMAGES), predicted] = 0.75
        own = make_folder(folder / "results/runs" / run / "00000000")
        Predictions(np.arange(IMAGES), labels, probabilities).write(own)
    tables = make_folder(folder / "results/tables")
    runs.to_parquet(tables / "runs.parquet")
    table([], EpochRow).to_parquet(tables / "epochs.parquet")
    compare_runs(tables)
    return {
        name: pd.read_parquet(tables / f"{name}.parquet")
        for name in ("configurations", "effects", "variance")
    }


@pytest.fixture
def found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path, *grid(0))


def test_every_cell_has_a_row_and_the_best_is_the_one_that_validation_chooses(found):
    rows = found["configurations"]
    best = rows[rows["best"]].iloc[0]

    assert len(rows) == 8
    assert best["val_score"] == rows["val_score"].max()
    assert best["label"] in ("tuned", "twin")
    assert pd.isna(best["difference"])


def test_the_numbers_are_those_of_the_runs(found):
    runs, right = grid(0)
    rows = found["configurations"].set_index(["label", "augmentation"])
    best = rows[rows["best"]].iloc[0]

    for (strategy, augmentation), row in rows.iterrows():
        own = runs[(runs["label"] == strategy) & (runs["augmentation"] == augmentation)]
        mean = np.mean([right[run].mean() for run in own["run_id"]])
        assert row["test_score"] == pytest.approx(mean)
        assert row["low"] < row["test_score"] < row["high"]
        assert row["calibration_error"] == pytest.approx(
            np.mean([abs(right[run].mean() - 0.75) for run in own["run_id"]])
        )
        if not row["best"]:
            assert row["difference"] == pytest.approx(row["test_score"] - best["test_score"])
            assert (row["compared"], row["images"], row["seeds"]) == (3, IMAGES, 3)


def test_all_right_is_not_taken_for_certain(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs, right = grid(0)
    for run in right:
        if "/tuned/" in run:
            right[run][:] = True
    runs.loc[runs["label"] == "tuned", "test_score"] = 1.0

    rows = written(tmp_path, runs, right)["configurations"]

    perfect = rows[rows["label"] == "tuned"]
    assert (perfect["test_score"] == 1.0).all()
    assert perfect["low"].between(0.95, 0.995).all()


def test_what_is_worse_is_told_from_the_best_and_what_is_as_good_is_not(found):
    not_different = found["configurations"].groupby("label")["not_different"].agg(list).to_dict()

    assert not_different == {
        "scratch": [False, False],
        "tuned": [True, True],
        "twin": [True, True],
        "worse": [False, False],
    }


def test_the_planted_truths_become_sentences(found):
    runs, _ = grid(0)

    sentences = " ".join(sentence.text for sentence in findings(runs, **found))

    assert "with 50 images of zoo, 3 of the other 7 (" in sentences
    assert "On zoo, effects of the strategy on the test accuracy, against scratch: " in sentences
    assert "the augmentation has no significant effect on the test accuracy" in sentences
    assert "depends on" not in sentences


def test_failed_runs_are_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs, right = grid(0)
    lost = (runs["label"] == "worse") & (runs["seed"] > 0)
    runs.loc[lost, ["outcome", "test_score", "val_score"]] = ["diverged", pd.NA, pd.NA]

    rows = written(tmp_path, runs, right)["configurations"]

    worse = rows[rows["label"] == "worse"]
    assert worse["seeds"].tolist() == worse["compared"].tolist() == [1, 1]
    assert set(worse["test_of"]) == {"mcnemar"}
