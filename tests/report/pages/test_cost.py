import pytest

from convbench.data.audit.audit import Badge
from convbench.report.pages import cost
from convbench.results.schema import Metrics, SpeedRow


@pytest.fixture
def html(make, monkeypatch):
    monkeypatch.setattr(cost, "_figures", lambda results: [])
    return lambda **changes: cost.render(make(**changes))


def test_the_speed_of_a_network_names_where_it_was_measured_or_why_not(html):
    page = html()
    assert "cpu, 1 thread, A processor" in page
    assert 'data-value="1.5">1.5</td>' in page

    failed = SpeedRow(architecture="net", reason="it was <killed>")
    assert "not measured: it was &lt;killed&gt;" in html(speed=[failed])


def test_a_pretraining_that_was_killed_is_a_row_with_its_reason(html):
    killed = Metrics(run_id="digits/net/scratch/none/s0", outcome="killed", reason="SIGKILL")

    page = html(pretraining=[("net", "digits", killed)], badges=[Badge("leak", "A leak.")])

    assert '<td class="n">killed: SIGKILL <a class="badge"' in page
