import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score
from tests.project import Project

from convbench.stages import report_runs
from convbench.stages.grid import read_plan
from convbench.stages.predictions import read_predictions
from convbench.stages.report_runs import chosen_runs, command_of, run_pages

RUN = "digits@50/simple_cnn/fine_tune/none/s0"


@pytest.fixture
def page(reproduced: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(reproduced.root)
    plan = read_plan(Path("results/grid.json"))
    runs = pd.read_parquet("results/tables/runs.parquet")
    ((file, html),) = run_pages(plan, runs, [RUN], {"digits": []})
    assert file == f"runs/{RUN}.html"
    return html


def test_a_run_says_what_came_of_it_and_how_to_repeat_it(page):
    runs = pd.read_parquet("results/tables/runs.parquet").set_index("run_id")

    assert f"<dd>{runs.at[RUN, 'test_score']:.1%}</dd>" in page
    assert f"run <code>{RUN}</code>, experiment <code>tiny</code>" in page
    assert command_of(RUN) in page


def test_the_line_that_repeats_a_run_gives_the_same_answers(project):
    before = read_predictions(project.root / "results/runs" / RUN)
    (project.root / "results/runs" / RUN / "predictions.parquet").unlink()

    program, *arguments = command_of(RUN).split()

    assert program == "snakemake"
    done = project.snakemake(*arguments)
    assert done.returncode == 0, done.stderr
    after = read_predictions(project.root / "results/runs" / RUN)
    np.testing.assert_array_equal(before.probabilities, after.probabilities)


def test_every_epoch_is_on_the_curves(page):
    epochs = pd.read_parquet("results/tables/epochs.parquet").query("run_id == @RUN")

    for row in epochs.itertuples():
        assert f"validation, epoch {row.epoch}: {row.val_score:.1%}" in page
        assert f"training, epoch {row.epoch}: {row.train_loss:.3g}" in page
    points = re.findall(r'<circle class="(line\d+)" [^>]*><title>(\w+)', page)
    assert set(points) == {("line1", "validation"), ("line2", "training")}


def test_classes_are_scored_as_scikit_learn_scores_them(page):
    said = read_predictions(Path("results/runs") / RUN)

    shown = re.findall(
        r'<tr><th scope="row">(\d)</th><td class="n">(\d+)</td><td class="n">([\d.]+)%', page
    )

    recalls = recall_score(said.labels, said.probabilities.argmax(axis=1), average=None)
    assert [(name, f"{float(share):.1f}") for name, _, share in shown] == [
        (str(number), f"{100 * recall:.1f}") for number, recall in enumerate(recalls)
    ]


def test_examples_are_right_and_wrong_the_surest_first(page):
    sure = [float(each) for each in re.findall(r"\(([\d.]+)% sure\)", page)]

    assert len(sure) == 10
    assert sure[:5] == sorted(sure[:5], reverse=True)
    assert sure[5:] == sorted(sure[5:], reverse=True)
    assert page.count(": right (") == 5


def test_links_lead_up_to_the_report(page):
    root = Path("reports") / "runs" / RUN
    links = re.findall(r'href="([^"#]+)', page)

    assert any(link.endswith("index.html") for link in links)
    for link in links:
        assert link.startswith("data:") or (root.parent / link).resolve().exists(), link


def test_of_many_runs_those_have_a_page_that_failed_or_are_among_the_best(monkeypatch):
    monkeypatch.setattr(report_runs, "LIMIT", 4)
    monkeypatch.setattr(report_runs, "SPOKEN", 3)
    runs = pd.DataFrame(
        {
            "run_id": ["a0", "a1", "b0", "b1", "c0"],
            "strategy": ["a", "a", "b", "b", "c"],
            "outcome": ["finished", "finished", "finished", "finished", "failed"],
        }
    )

    assert chosen_runs(runs, pd.DataFrame({"strategy": ["b", "a"]})) == ["c0", "b0", "b1"]
    assert chosen_runs(runs[:3], pd.DataFrame({"strategy": ["b", "a"]})) == ["a0", "a1", "b0"]
