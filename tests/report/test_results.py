import shutil

import pytest
from tests.report.samples import run_row

from convbench.data.prepared import write_absent
from convbench.files import make_folder, write_json
from convbench.planning.plan import plan
from convbench.report.results import Results, task_of
from convbench.results.rows import table
from convbench.results.schema import TABLES, ConfigurationRow, RunRow, SummaryRow


@pytest.fixture
def results(prepared, values, tmp_path, monkeypatch):
    """Return results without runs; ``digits`` is prepared, ``letters`` absent, and audited is digits."""
    monkeypatch.chdir(tmp_path)
    found = plan(values, "a.yaml")
    shutil.copytree(prepared, found.prepared("digits"))
    write_absent("letters", "no such file", make_folder(found.prepared("letters")))
    badge = {"name": "leak", "text": "A leak."}
    for name, badges in {"digits": [badge], "letters": []}.items():
        file = found.audit_file(name)
        write_json(make_folder(file.parent) / file.name, {"badges": badges})
    return Results.joined(found, **{name: table([], kind) for name, kind in TABLES.items()})


def test_datasets_that_are_absent_have_no_card_but_a_reason(results):
    assert list(results.cards) == ["digits"]
    assert results.absent("digits") == ""
    assert "no such file" in results.absent("letters")


def test_badges_are_those_of_the_audits(results):
    assert {name: [each.text for each in own] for name, own in results.badges.items()} == {
        "digits": ["A leak."],
        "letters": [],
    }


def test_the_best_of_a_dataset_is_of_its_largest_task_and_chosen_on_validation(make):
    runs = [
        run_row("scratch", 0, 50, val_score=0.9),
        run_row("scratch", 0, 1000, val_score=0.6, test_score=0.9),
        run_row("fine_tune", 0, 1000, val_score=0.7, test_score=0.1),
    ]

    best, own = make(runs=runs).best("digits")

    assert (best.label, best.train_size) == ("fine_tune", 1000)
    assert [row.run_id for row in own] == ["digits@1000/net/fine_tune/none/s0"]


def test_results_of_one_dataset_hold_its_rows_in_every_table(make, rows):
    other = run_row("scratch", 0, run_id="letters", dataset="letters")

    own = make(runs=[*rows, other]).of("letters")

    assert list(own.runs[RunRow.run_id]) == ["letters"]
    assert list(own.summary[SummaryRow.run]) == ["letters"]
    assert set(own.configurations[ConfigurationRow.dataset]) == {"letters"}
    assert len(own.speed) == 1  # of architectures, whatever the dataset


def test_the_task_of_an_absent_dataset_has_no_size():
    runs = table([run_row("scratch", 0), run_row("scratch", 1, train_size=None)], RunRow)

    assert list(task_of(runs, "digits", None)[RunRow.seed]) == [1]
    assert list(task_of(runs, "digits", 50)[RunRow.seed]) == [0]
