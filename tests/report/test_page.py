import re

import pandas as pd
import pytest

from convbench.analysis.summary import cells
from convbench.analysis.tables import RUN_COLUMNS, table
from convbench.report import figures
from convbench.report.page import Leaderboard, Page, render

COLOURS = figures.colours_of(["scratch", "fine_tune"])


@pytest.fixture
def runs():
    rows = [
        {
            "run_id": f"zoo@{size}/net/{strategy}/none/s{seed}",
            "dataset": "zoo",
            "train_size": size,
            "architecture": "net",
            "weights": "random",
            "strategy": strategy,
            "augmentation": "none",
            "seed": seed,
            "outcome": "finished",
            "reason": "",
            "score": "accuracy",
            "val_score": 0.5 + seed / 10,
            "test_score": 0.4321 + seed / 10 + size / 10_000,
            "label_breaking": "",
            "test_accuracy_per_class": 0.4,
            "train_seconds": 1.5 + seed,
            "params_trainable": 1000,
            "params_total": 2000,
            "macs": 3000,
            "mlflow_run_id": f"id{size}{strategy}{seed}",
        }
        for size in (50, 1000)
        for strategy in ("scratch", "fine_tune")
        for seed in (0, 1)
    ]
    return table(rows, RUN_COLUMNS)


def _page(runs, badges=(), **more):
    summary = cells(runs)
    boards = [
        Leaderboard("zoo", int(size), task.to_dict("records"), "accuracy", False, badges)
        for size, task in summary.groupby("train_size")
    ]
    content = {
        "name": "tiny",
        "question": "Which is best?",
        "findings": ["One is <better>."],
        "transfers": [],
        "architectures": ["net"],
        "leaderboards": boards,
        "figures": [
            figures.accuracy_by_size("zoo", runs, COLOURS, "accuracy"),
            figures.parameters(summary, COLOURS),
        ],
        "guidelines": [],
        "labels": [],
        "badges": {"zoo": badges},
        "pretraining": [],
        "datasets": [],
        "environments": [],
        "runs": runs,
        "reproduction": "All of it.",
        "warnings": [],
        "store": "sqlite:///mlflow.db",
    }
    return Page(**content | more)


def test_nothing_outside_the_page_is_named_but_the_one_beside_it(runs):
    html = render(_page(runs))

    assert re.findall(r"(?:https?:)?//(?!/)[a-z0-9.-]+", html.replace("sqlite:///", "")) == []
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    outside = {source for source in sources if not source.startswith(("data:", "#"))}
    assert {source.partition("#")[0] for source in outside} == {"data.html", "anatomy.html"}


def test_the_same_results_give_the_same_bytes(runs):
    assert render(_page(runs)) == render(_page(runs))


def test_text_is_escaped(runs):
    assert "One is &lt;better&gt;." in render(_page(runs))


def test_every_run_is_listed_with_its_value_and_mlflow_id(runs):
    html = render(_page(runs))

    for row in runs.to_dict("records"):
        assert f'data-run="{row["run_id"]}" data-test="{row["test_score"]}"' in html
        assert row["mlflow_run_id"] in html


def test_every_figure_has_alternative_text_and_a_caption(runs):
    html = render(_page(runs))

    assert len(re.findall(r'<img src="data:image/svg\+xml[^"]*" alt="[^"]{40,}"', html)) == 2
    assert html.count("<figcaption>") == 2


def test_a_run_that_failed_is_a_row_with_its_reason(runs):
    runs.loc[0, ["outcome", "reason"]] = ["diverged", "the training loss became nan in epoch 2"]
    runs.loc[0, ["val_score", "test_score", "train_seconds"]] = pd.NA

    html = render(_page(runs))

    assert "diverged: the training loss became nan in epoch 2" in html


def test_the_best_of_a_task_is_chosen_on_validation():
    rows = [
        {"val": 0.5, "test": 0.9, "test_low": 0.9, "test_high": 0.9},
        {"val": 0.6, "test": 0.7, "test_low": 0.6, "test_high": 0.8},
    ]
    board = Leaderboard("zoo", 50, rows, "accuracy", False)

    assert board.best is rows[1]
    assert board.ties == 0
    tied = [rows[1], rows[0], rows[1] | {"test": 0.5}]
    assert Leaderboard("zoo", 50, tied, "accuracy", False).ties == 1
    assert (board.floor, board.ceiling) == (0.6, 0.9)
    assert board.position(0.75) == pytest.approx(50)


def test_a_badge_of_the_data_is_beside_every_number_that_came_of_it(runs):
    badges = [{"name": "leak", "text": "One picture is in <two> splits."}]
    mark = '<a class="badge" href="data.html#zoo" title="One picture is in &lt;two&gt; splits.">leak</a>'

    html = render(_page(runs, badges))

    assert html.count(mark) == 2 + 2 + 1 + len(runs)  # answers, leaderboards, a figure, runs
    assert mark not in render(_page(runs))


def test_an_augmentation_that_breaks_labels_is_marked_beside_its_numbers(runs):
    breaking = runs.assign(label_breaking="flipping left and right")

    html = render(_page(breaking))

    assert html.count("flipping left and right may change what the labels say") == len(cells(runs))
    assert "may change what the labels say" not in render(_page(runs))


def test_scores_of_several_labels_are_listed_label_by_label(runs):
    label = {
        "label": "<haze>",
        "images": 12,
        "average_precision": 0.75,
        "f1": 0.625,
        "threshold_f1": 0.25,
        "threshold_f2": 0.125,
    }
    best = {"architecture": "net", "strategy": "scratch", "augmentation": "none"}
    parts = [{"dataset": "zoo", "size": 50, "best": best, "rows": [label]}]

    html = render(_page(runs, labels=parts))

    (row,) = re.findall(r'<tr><th scope="row">&lt;haze&gt;</th>(.*)</tr>', html)
    assert re.findall(r">([^<>]+)<", row) == ["12", "75.0%", "62.5%", "25.0%", "12.5%"]
