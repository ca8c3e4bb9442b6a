"""From what runs said of every test image to tables: made-up predictions of which the truth is known."""

import numpy as np
import pandas as pd
import pytest

from convbench.analysis.findings import findings
from convbench.analysis.tables import EPOCH_COLUMNS, RUN_COLUMNS, table
from convbench.files import make_folder
from convbench.stages.compare import compare_runs
from convbench.stages.journal import write_predictions

STRATEGIES = {"scratch": 0.70, "tuned": 0.90, "twin": 0.90, "worse": 0.80}
"""How often each is right; two are equally good."""
IMAGES = 400


def grid(seed, seeds=3):
    """Return runs and, run by run, which test images are right: some images are hard for all."""
    draw = np.random.default_rng(seed)
    hard = draw.normal(0, 1, IMAGES)
    rows, right = [], {}
    for strategy, rate in STRATEGIES.items():
        for augmentation in ("none", "mixup"):
            for number in range(seeds):
                run = f"zoo/net/{strategy}/{augmentation}/s{number}"
                reached = np.log(rate / (1 - rate)) * 1.2 + hard + draw.normal(0, 0.05)
                right[run] = draw.random(IMAGES) < 1 / (1 + np.exp(-reached))
                score = float(right[run].mean())
                rows.append(
                    {
                        "run_id": run,
                        "dataset": "zoo",
                        "train_size": 50,
                        "architecture": "net",
                        "strategy": strategy,
                        "method": "scratch" if strategy == "scratch" else "fine_tune",
                        "augmentation": augmentation,
                        "seed": number,
                        "outcome": "finished",
                        "score": "accuracy",
                        "val_score": rate + draw.normal(0, 0.01),
                        "test_score": score,
                        "train_seconds": 1.0,
                    }
                )
    return table(rows, RUN_COLUMNS), right


def written(folder, runs, right):
    """Write the tables and the predictions as the stages before leave them; return what is compared."""
    labels = np.arange(IMAGES) % 2
    for run, own in right.items():
        said = np.where(own, labels, 1 - labels)
        chances = np.full((IMAGES, 2), 0.25)
        chances[np.arange(IMAGES), said] = 0.75
        write_predictions(make_folder(folder / "results/runs" / run), np.arange(IMAGES), labels, chances)
    tables = make_folder(folder / "results/tables")
    runs.to_parquet(tables / "runs.parquet")
    table([], EPOCH_COLUMNS).to_parquet(tables / "epochs.parquet")
    compare_runs(tables)
    return {
        name: pd.read_parquet(tables / f"{name}.parquet")
        for name in ("comparisons", "effects", "variance")
    }


@pytest.fixture
def found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path, *grid(0))


def test_every_cell_has_a_row_and_the_best_is_the_one_that_validation_chooses(found):
    rows = found["comparisons"]
    best = rows[rows["best"]].iloc[0]

    assert len(rows) == 8
    assert best["val"] == rows["val"].max()
    assert best["strategy"] in ("tuned", "twin")
    assert pd.isna(best["difference"])


def test_the_numbers_are_those_of_the_runs(found):
    runs, right = grid(0)
    rows = found["comparisons"].set_index(["strategy", "augmentation"])
    best = rows[rows["best"]].iloc[0]

    for (strategy, augmentation), row in rows.iterrows():
        own = runs[(runs["strategy"] == strategy) & (runs["augmentation"] == augmentation)]
        mean = np.mean([right[run].mean() for run in own["run_id"]])
        assert row["test"] == pytest.approx(mean)
        assert row["low"] < row["test"] < row["high"]
        assert row["calibration_error"] == pytest.approx(
            np.mean([abs(right[run].mean() - 0.75) for run in own["run_id"]])
        )
        if not row["best"]:
            assert row["difference"] == pytest.approx(row["test"] - best["test"])
            assert (row["compared"], row["images"], row["seeds"]) == (3, IMAGES, 3)


def test_all_right_is_not_taken_for_certain(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs, right = grid(0)
    for run in right:
        if "/tuned/" in run:
            right[run][:] = True
    runs.loc[runs["strategy"] == "tuned", "test_score"] = 1.0

    rows = written(tmp_path, runs, right)["comparisons"]

    perfect = rows[rows["strategy"] == "tuned"]
    assert (perfect["test"] == 1.0).all()
    assert perfect["low"].between(0.95, 0.995).all()


def test_what_is_worse_is_told_from_the_best_and_what_is_as_good_is_not(found):
    tied = found["comparisons"].groupby("strategy")["tied"].agg(list).to_dict()

    assert tied == {
        "scratch": [False, False],
        "tuned": [True, True],
        "twin": [True, True],
        "worse": [False, False],
    }


def test_the_planted_truths_become_sentences(found):
    runs, _ = grid(0)

    said = " ".join(sentence.text for sentence in findings(runs, **found))

    assert "with 50 images of zoo, 3 of 7 (" in said
    assert "On zoo, the strategy changed the test accuracy against scratch: " in said
    assert "the augmentation did not visibly change the test accuracy against none" in said
    assert "depends on" not in said


def test_failed_runs_are_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs, right = grid(0)
    lost = (runs["strategy"] == "worse") & (runs["seed"] > 0)
    runs.loc[lost, ["outcome", "test_score", "val_score"]] = ["diverged", pd.NA, pd.NA]

    rows = written(tmp_path, runs, right)["comparisons"]

    worse = rows[rows["strategy"] == "worse"]
    assert worse["seeds"].tolist() == worse["compared"].tolist() == [1, 1]
    assert set(worse["test_of"]) == {"mcnemar"}
