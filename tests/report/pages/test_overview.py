import re

import pytest
from tests.report.samples import run_row

from convbench.data.audit.audit import Badge
from convbench.report.pages import overview
from convbench.report.pages.leaderboard import leaderboards
from convbench.report.text.findings import Sentence
from convbench.results.schema import Metrics


@pytest.fixture
def html(make, monkeypatch):
    """Return the page as HTML, of results with changes."""
    monkeypatch.setattr(overview, "warnings", lambda results: ["Mind the <gap>."])
    monkeypatch.setattr(
        overview, "findings", lambda *tables: [Sentence("One is <better>.", "factors.html")]
    )
    return lambda **changes: overview.render(make(**changes))


def test_a_finding_is_escaped_and_leads_to_its_evidence(html):
    page = html()

    assert 'One is &lt;better&gt;. <a href="factors.html">Evidence</a>' in page
    assert "<li>Mind the &lt;gap&gt;.</li>" in page


def test_the_best_of_a_task_is_chosen_on_validation(make, rows):
    better = [run_row("fine_tune", 0, val_score=0.9, test_score=0.1), *rows[:2]]

    board = leaderboards(make(runs=better, changes={"best": False}))[0]

    assert [entry.configuration.label for entry in board.entries] == ["fine_tune", "scratch"]
    assert board.best.configuration.label == "scratch"  # as the table of configurations has it


def test_intervals_are_drawn_on_the_axis_of_their_task(make):
    board = leaderboards(make())[0]

    low, high = board.ends

    assert (low, high) == (pytest.approx(0.3871), pytest.approx(0.5871))
    strip = next(column for column in board.table.columns if column.strip)
    drawing = strip.cell(board.entries[0])
    assert 'x1="6.0" x2="114.0"' in drawing
    assert 'cx="60.0"' in drawing


def test_the_price_of_the_best_names_its_pretraining(html, rows):
    weights = Metrics(run_id="", outcome="finished", train_seconds=61.8)
    pretrained = [run_row(row.label, row.seed, row.train_size, weights="letters") for row in rows]

    page = html(runs=pretrained, pretraining=[("net", "letters", weights)])

    assert "(and 61.80 s of pretraining, once for all its runs), " in " ".join(page.split())
    assert "the same 40 validation images select the best epoch" in page
    assert "<dt>scratch</dt><dd>" in page
    assert "of pretraining" not in html()


def test_a_row_has_its_difference_from_the_best_and_whether_that_is_significant(html):
    page = html()

    assert page.count("−5.1 (−8.0 to −2.0)") == 2
    assert page.count('<span class="tie">') == 1  # the explanation: every difference is significant
    assert html(changes={"not_different": True}).count('<span class="tie">') == 1 + 2


def test_a_cheaper_configuration_stands_beside_the_best(html, rows):
    fast = [run_row("frozen", seed, train_seconds=0.25, val_score=0.495 + seed / 10) for seed in (0, 1)]

    page = " ".join(html(runs=[*fast, *rows[:2]]).split())

    assert "within one point of the best: net, frozen, none: 48.7%" in page
    assert "Shorter training" not in html()


def test_inference_time_stands_beside_the_answer_and_in_its_row(html):
    page = html()

    assert "2,000 parameters, 1.25 ms of inference per image" in " ".join(page.split())
    assert 'data-value="1.25">1.25</td>' in page


def test_the_other_scores_of_a_dataset_are_columns(html):
    single = html()
    multi = html(of_card={"multi_label": True, "score": "mean_average_precision"})

    assert ">Balanced accuracy</th>" in single
    assert ">Accuracy</th>" not in single  # is in the column of the test score
    assert [name for name in ("F1 micro", "F1 macro", "F2") if f">{name}</th>" in multi] == [
        "F1 micro",
        "F1 macro",
        "F2",
    ]
    assert ">Mean average precision</th>" not in multi


def test_a_badge_of_the_data_is_beside_every_answer_and_leaderboard(html):
    mark = '<a class="badge" href="data.html#digits" title="One picture is in &lt;two&gt; splits.">leak'

    page = html(badges=[Badge("leak", "One picture is in <two> splits.")])

    assert page.count(mark) == 2 + 2
    assert not re.search(r"<summary>[^\n]*<a ", page)  # a button holds no link
    assert mark not in html()


def test_an_augmentation_that_changes_labels_is_marked_beside_its_numbers(html, rows):
    breaking = [
        run_row(row.label, row.seed, row.train_size, label_breaking="horizontal flip") for row in rows
    ]

    assert html(runs=breaking).count("may change labels of this dataset: horizontal flip.") == 4
    assert "may change labels" not in html()


def test_configurations_that_lost_seeds_are_marked_and_those_that_lost_all_are_listed(html, rows):
    failed = {"outcome": "failed", "reason": "no memory", "test_score": None, "val_score": None}
    runs = [*rows[:3], run_row("fine_tune", 1, **failed), run_row("frozen", 0, **failed)]

    page = html(runs=runs)

    assert ">1 of 2 seeds</a>" in page
    assert "2 configurations by validation accuracy, and 1 without a finished run" in " ".join(
        page.split()
    )
    assert "no memory" in page


def test_a_grid_without_any_finished_run_has_its_page(html):
    failed = {"outcome": "failed", "reason": "no memory", "test_score": None, "val_score": None}

    page = html(runs=[run_row("scratch", 0, train_size=None, **failed)])

    assert "all training images: none of 1 configurations has a finished run" in " ".join(page.split())
