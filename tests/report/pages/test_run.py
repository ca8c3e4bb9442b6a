import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score

from convbench.report.pages import run as page_of_run
from convbench.report.pages.run import chosen, command_of, run_pages
from convbench.results.predictions import read_predictions
from convbench.results.rows import read_table, rows_of
from convbench.results.schema import EpochRow, RunRow

RUN = "digits@50/simple_cnn/fine_tune/none/s0"


def _row():
    runs = read_table(Path("results/tables/runs.parquet"), RunRow)
    return next(row for row in rows_of(runs, RunRow) if row.run_id == RUN)


@pytest.fixture
def page(on_disk) -> str:
    return dict(run_pages(on_disk))[f"runs/{RUN}.html"]


def test_a_run_says_what_came_of_it_and_how_to_repeat_it(page):
    row = _row()

    assert f"<dt>Test accuracy</dt><dd>{row.test_score:.1%}</dd>" in page
    assert f"run <code>{RUN}</code>, experiment <code>tiny</code>" in page
    assert command_of(row) in page


def test_the_command_that_repeats_a_run_gives_the_same_predictions(project, monkeypatch):
    monkeypatch.chdir(project.root)
    row = _row()
    before = read_predictions(Path(row.folder))
    (Path(row.folder) / "predictions.parquet").unlink()

    program, *arguments = command_of(row).split()

    assert program == "snakemake"
    done = project.snakemake(*arguments)
    assert done.returncode == 0, done.stderr
    after = read_predictions(Path(row.folder))
    np.testing.assert_array_equal(before.probabilities, after.probabilities)


def test_every_epoch_is_on_the_curves(page):
    epochs = rows_of(read_table(Path("results/tables/epochs.parquet"), EpochRow), EpochRow)

    for row in [each for each in epochs if each.run_id == RUN]:
        assert f"validation, epoch {row.epoch}: {row.val_score:.1%}" in page
        assert f"training, epoch {row.epoch}: {row.train_loss:.3g}" in page
    points = re.findall(r'<circle class="(line\d+)" [^>]*>\s*<title>(\w+)', page)
    assert set(points) == {("line1", "validation"), ("line2", "training")}


def test_classes_are_scored_as_scikit_learn_scores_them(page):
    found = read_predictions(Path(_row().folder))

    shown = re.findall(
        r'<th scope="row">(\d)</th><td[^>]*>(\d+)</td><td class="n" data-value="([\d.]+)">', page
    )

    recalls = recall_score(found.labels, found.probabilities.argmax(axis=1), average=None)
    assert [(name, float(recall)) for name, _, recall in shown] == [
        (str(number), recall) for number, recall in enumerate(recalls)
    ]


def test_examples_are_right_and_wrong_the_surest_first(page):
    sure = [float(each) for each in re.findall(r"(?:correct|predicted as \d) \(([\d.]+)%\)", page)]

    assert len(sure) == 10
    assert sure[:5] == sorted(sure[:5], reverse=True)
    assert sure[5:] == sorted(sure[5:], reverse=True)
    assert page.count(": correct (") == 5


def test_links_lead_up_to_the_report(page):
    root = Path("reports") / "runs" / RUN
    links = re.findall(r'href="([^"#]+)', page)

    assert any(link.endswith("index.html") for link in links)
    for link in links:
        assert link.startswith("data:") or (root.parent / link).resolve().exists(), link


def test_of_many_runs_those_have_a_page_that_failed_or_are_among_the_best(monkeypatch):
    monkeypatch.setattr(page_of_run, "LIMIT", 4)
    monkeypatch.setattr(page_of_run, "NAMED", 3)
    runs = pd.DataFrame(
        {
            RunRow.run_id: ["a0", "a1", "b0", "b1", "c0"],
            RunRow.label: ["a", "a", "b", "b", "c"],
            RunRow.outcome: ["finished", "finished", "finished", "finished", "failed"],
        }
    )
    best = pd.DataFrame({RunRow.label: ["b", "a"]})

    assert chosen(runs, best) == ["c0", "b0", "b1"]
    assert chosen(runs[:3], best) == ["a0", "a1", "b0"]
