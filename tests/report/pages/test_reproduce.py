import pytest
from tests.report.samples import run_row

from convbench.data.audit.audit import Badge
from convbench.report.pages import reproduce, run
from convbench.report.results import Environment

HOST = {
    "commit": "abc",
    "processor": "A processor",
    "cores": 2,
    "instructions": "AVX2",
    "system": "Linux",
    "python": "3.11",
    "packages": {"torch": "2"},
}


def test_every_run_is_listed_with_its_value(make, rows):
    page = reproduce.render(make())

    for row in rows:
        assert f'<tr id="{row.run_id}">' in page
        assert f'data-value="{row.test_score}">{row.test_score:.1%}</td>' in page


def test_a_run_that_failed_is_a_row_with_its_reason(make, rows):
    reason = "the training loss became nan in epoch 2"
    failed = run_row("scratch", 5, outcome="diverged", reason=reason, test_score=None, val_score=None)

    page = reproduce.render(make(runs=[*rows, failed]))

    assert f"diverged: {reason}" in page


def test_a_badge_of_the_data_is_beside_every_run(make, rows):
    page = reproduce.render(make(badges=[Badge("leak", "A leak.")]))

    mark = ' <a class="badge" href="data.html#digits" title="A leak.">leak</a>'
    assert page.count(mark) == len(rows) + 1  # and beside the dataset


def test_environments_are_described_with_their_number_of_runs(make):
    results = make()
    vars(results)["environments"] = [Environment(HOST, 3), Environment({**HOST, "commit": "d"}, 5)]

    page = reproduce.render(results)

    assert "<dt>Runs</dt><dd>3</dd>" in page
    assert "<dt>Commit</dt><dd><code>d</code></dd>" in page


@pytest.mark.parametrize(("limit", "links"), [(300, 8), (1, 4)])
def test_runs_that_have_a_page_are_links(make, monkeypatch, limit, links):
    monkeypatch.setattr(run, "LIMIT", limit)
    monkeypatch.setattr(run, "NAMED", 4)

    assert reproduce.render(make()).count('<a href="runs/digits') == links
