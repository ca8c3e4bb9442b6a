import io
import re
from base64 import b64decode
from dataclasses import replace
from urllib.parse import quote

import pandas as pd
import pytest

from convbench.analysis.findings import Sentence
from convbench.analysis.summary import cells
from convbench.analysis.tables import RUN_COLUMNS, table
from convbench.report import cost_figures, figures
from convbench.report.data_page import Strip
from convbench.report.page import Leaderboard, Report, render
from convbench.report.pages import PAGES
from convbench.stages.journal import blank_metrics

SPEED = {
    "architecture": "net",
    "predict_ms": 1.25,
    "predict_batch_ms": 0.5,
    "learn_batch_ms": 1.5,
    "batch": 32,
    "threads": 1,
    "device": "cpu",
    "processor": "A processor",
}
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
        }
        for size in (50, 1000)
        for strategy in ("scratch", "fine_tune")
        for seed in (0, 1)
    ]
    return table(rows, RUN_COLUMNS)


def _compared(task):
    """Give the cells of a task what the comparison with its best adds."""
    rows = task.to_dict("records")
    for number, row in enumerate(rows):
        row |= {"low": row["test"] - 0.1, "high": row["test"] + 0.1, "calibration_error": 0.05}
        row |= {"pretraining": 61.8 * (number == 0), "outcomes": "1 failed"}
        row |= {"best": number == 0, "tied": number == 0, "compared": None if number == 0 else 2}
        row |= {"difference": -0.0512, "difference_low": -0.08, "difference_high": -0.02}
    return rows


def _report(runs, badges=(), **more):
    summary = cells(runs).assign(predict_ms=1.25)
    boards = [
        Leaderboard("zoo", int(size), _compared(task), "accuracy", 8, 40, False, badges)
        for size, task in summary.groupby("train_size")
    ]
    content = {
        "name": "tiny",
        "question": "Which is best?",
        "findings": [Sentence("One is <better>.", "factors.html")],
        "words": {"scratch": "every layer learns"},
        "transfers": [],
        "architectures": ["net"],
        "leaderboards": boards,
        "figures": {
            "accuracy.html": [figures.accuracy_by_size("zoo", runs, COLOURS, "accuracy", "It grows")],
            "cost.html": [cost_figures.parameters(summary, COLOURS, "All learn")],
        },
        "hover": [],
        "effects": [],
        "convergence": [],
        "guidelines": [],
        "labels": [],
        "hardest": {},
        "badges": {"zoo": badges},
        "pretraining": [],
        "speeds": [SPEED],
        "imported": [],
        "datasets": [],
        "environments": [],
        "runs": runs,
        "with_page": set(runs["run_id"]),
        "reproduction": "All of it.",
        "warnings": [],
        "store": "sqlite:///mlflow.db",
    }
    return Report(**content | more)


@pytest.fixture
def pages(runs):
    return render(_report(runs))


def test_every_page_of_results_is_there_and_says_where_one_is(pages):
    assert set(pages) == set(PAGES) - {"anatomy.html", "data.html", "inside.html"}
    for file, html in pages.items():
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', html) == [file]


def test_nothing_outside_the_folder_is_named_and_every_link_arrives(pages, runs):
    targets = {
        file: {f"{file}#{name}" for name in re.findall(r'\bid="([^"]+)"', html)} | {file}
        for file, html in pages.items()
    }
    known = set().union(*targets.values()) | {"anatomy.html", "data.html", "inside.html"}
    known |= {f"runs/{quote(run)}.html" for run in runs["run_id"]}

    for file, html in pages.items():
        html = re.sub(r'"data:[^"]*"', '""', html.replace("sqlite:///", ""))
        assert re.findall(r"(?:https?:)?//(?!/)[a-z0-9.-]+\.[a-z]+", html) == []
        links = set(re.findall(r'(?:src|href)="([^"]+)"', html))
        assert {f"{file}{link}" if link.startswith("#") else link for link in links} <= known


def test_the_same_results_give_the_same_bytes(runs, pages):
    assert render(_report(runs)) == pages


def test_a_finding_is_escaped_and_leads_to_its_evidence(pages):
    assert 'One is &lt;better&gt;. <a href="factors.html">Evidence</a>' in pages["index.html"]


def test_every_run_is_listed_with_its_value(runs, pages):
    html = pages["reproduce.html"]

    for row in runs.to_dict("records"):
        assert f'id="{row["run_id"]}" data-test="{row["test_score"]}"' in html


def test_a_pretraining_that_was_killed_is_a_row_with_its_reason(runs):
    killed = {**blank_metrics("zoo/net/scratch/none/s0"), "outcome": "killed", "reason": "SIGKILL"}
    pages = render(_report(runs, pretraining=[{"architecture": "net", "source": "zoo", **killed}]))

    assert '<td class="n">killed: SIGKILL</td>' in pages["cost.html"]


def test_every_figure_has_a_finding_alternative_text_a_caption_and_its_data(pages):
    html = pages["accuracy.html"]

    assert ">It grows</h2>" in html
    assert len(re.findall(r'<img src="data:image/svg\+xml[^"]*" alt="[^"]{40,}"', html)) == 1
    assert html.count("<figcaption>") == 1
    (table,) = re.findall(r'href="data:text/csv;base64,([^"]+)" download="it_grows.csv"', html)
    rows = pd.read_csv(io.BytesIO(b64decode(table)))
    assert rows["mean"].tolist() == pytest.approx([0.4871, 0.4871, 0.5821, 0.5821])


def test_one_training_size_is_drawn_combination_by_combination(runs):
    figure = figures.accuracy_by_cell(
        "zoo", runs[runs["train_size"] == 50], COLOURS, "accuracy", "Alike"
    )

    assert figure.table[["strategy", "mean", "size"]].values.tolist() == [
        ["scratch", pytest.approx(0.4871), 2],
        ["fine_tune", pytest.approx(0.4871), 2],
    ]
    assert "scratch, fine_tune" in figure.alt


def test_a_run_that_failed_is_a_row_with_its_reason(runs):
    runs.loc[0, ["outcome", "reason"]] = ["diverged", "the training loss became nan in epoch 2"]
    runs.loc[0, ["val_score", "test_score", "train_seconds"]] = pd.NA

    html = render(_report(runs))["reproduce.html"]

    assert "diverged: the training loss became nan in epoch 2" in html


def test_the_best_of_a_task_is_chosen_on_validation():
    rows = [
        {"val": 0.6, "best": False, "test": 0.9, "low": 0.9, "high": 0.9},
        {"val": 0.6, "best": True, "test": 0.7, "low": 0.6, "high": 0.8},
    ]
    board = Leaderboard("zoo", 50, rows, "accuracy", 8, 40, False)

    assert board.best is rows[1]
    assert (board.floor, board.ceiling) == (0.6, 0.9)
    assert board.position(0.75) == pytest.approx(50)


def test_the_price_of_the_best_names_its_pretraining(pages):
    html = pages["index.html"]

    assert "after 61.80 s of pretraining, once for all runs, " in html
    assert "zoo: 40 validation images choose epoch and combination." in html
    assert "<dt>scratch</dt><dd>every layer learns</dd>" in html


def test_a_row_says_how_far_it_is_from_the_best_and_whether_that_can_be_told(runs):
    board = render(_report(runs))["index.html"]

    assert board.count("−5.1 (−8.0 to −2.0)") == 2
    assert 'best"' not in re.sub(r"<style>.*?</style>", "", board, flags=re.DOTALL)
    assert board.count('<span class="tie">') == 1  # the explanation: none is tied
    tied = _report(runs)
    for row in tied.leaderboards[0].rows:
        row["tied"] = True
    assert render(tied)["index.html"].count('<span class="tie">') == 2


def test_what_is_cheaper_and_as_good_is_beside_the_best(runs):
    board = _report(runs).leaderboards[0]
    cheaper = board.rows[1] | {"strategy": "frozen", "seconds": 0.25, "test": 0.8712}

    html = render(_report(runs, leaderboards=[replace(board, cheapest=cheaper)]))["index.html"]

    assert "Within a point of it on validation, and cheaper: net, frozen, none: 87.1%" in html
    assert "and cheaper" not in render(_report(runs))["index.html"]


def test_how_fast_a_network_is_stands_beside_the_answer_and_in_its_row(runs):
    pages = render(_report(runs))

    assert "2,000 parameters, 1.25 ms an image" in pages["index.html"]
    assert '<td class="n">1.25</td>' in pages["index.html"]
    assert "cpu, 1 thread, A processor" in pages["cost.html"]


def test_a_badge_of_the_data_is_beside_every_number_that_came_of_it(runs):
    badges = [{"name": "leak", "text": "One picture is in <two> splits."}]
    mark = '<a class="badge" href="data.html#zoo" title="One picture is in &lt;two&gt; splits.">leak</a>'

    html = render(_report(runs, badges))

    assert html["index.html"].count(mark) == 2 + 2  # answers, leaderboards
    assert html["accuracy.html"].count(mark) == 1
    assert not re.search(r"<summary>[^\n]*<a ", html["index.html"])  # a button holds no link
    assert html["reproduce.html"].count(mark) == len(runs)
    assert not any(mark in page for page in render(_report(runs)).values())


def test_an_augmentation_that_breaks_labels_is_marked_beside_its_numbers(runs):
    breaking = runs.assign(label_breaking="flipping left and right")

    html = render(_report(breaking))["index.html"]

    assert html.count("flipping left and right may change what the labels say") == len(cells(runs))
    assert "may change what the labels say" not in render(_report(runs))["index.html"]


def test_the_hardest_images_are_shown_with_what_they_were_taken_for(runs):
    image = Strip("cat, taken for <dog>", "data:image/png;base64,AAAA", "A test image of cat")

    html = render(_report(runs, hardest={"zoo": [image], "farm": []}))["accuracy.html"]

    assert "cat, taken for &lt;dog&gt;" in html
    assert 'alt="A test image of cat"' in html
    assert "farm: the hardest" not in html


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

    html = render(_report(runs, labels=parts))["accuracy.html"]

    (row,) = re.findall(r'<tr><th scope="row">&lt;haze&gt;</th>(.*)</tr>', html)
    assert re.findall(r">([^<>]+)<", row) == ["12", "75.0%", "62.5%", "25.0%", "12.5%"]
