"""Results of a small grid, made up, without any file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.project import Project
from tests.report.samples import SPEED, card, compared, run_row

from convbench.analysis.summary import summarize
from convbench.data.audit.audit import Badge
from convbench.planning.plan import plan
from convbench.planning.read import read_plan
from convbench.report.results import Results
from convbench.results.metrics import Result
from convbench.results.rows import table
from convbench.results.schema import TABLES, Metrics, RunRow


@pytest.fixture
def rows() -> list[RunRow]:
    """Two tasks, two strategies, two seeds."""
    return [
        run_row(label, seed, size)
        for size in (50, 1000)
        for label in ("scratch", "fine_tune")
        for seed in (0, 1)
    ]


@pytest.fixture
def make(values, rows, monkeypatch) -> Callable[..., Results]:
    """Return results: ``rows`` of runs, badges of digits, and what else is found beside the tables."""

    def made(
        runs: list[RunRow] = rows,
        badges: list[Badge] = (),
        pretraining: list[tuple[str, str, Metrics]] = (),
        of_card: dict[str, object] | None = None,
        changes: dict[str, object] | None = None,
        **more: list[object],
    ) -> Results:
        found = table(runs, RunRow)
        lists = {"runs": runs, "speed": [SPEED], **more}
        lists["configurations"] = compared(summarize(found), **changes or {})
        tables = {name: table(lists.get(name, []), kind) for name, kind in TABLES.items()}
        results = Results.joined(plan(values, "a.yaml"), **tables)
        known = {"digits": card(**of_card or {})}
        vars(results).update(cards=known, badges={"digits": list(badges)}, environments=[])
        done = [(name, source, Result(metrics)) for name, source, metrics in pretraining]
        monkeypatch.setattr(Results, "pretrainings", lambda self: iter(done))
        return results

    return made


@pytest.fixture
def on_disk(reproduced: Project, monkeypatch: pytest.MonkeyPatch) -> Results:
    """The results of the tiny grid, in its folder."""
    monkeypatch.chdir(reproduced.root)
    return Results.read(read_plan(Path("results/grid.json")), Path("results/tables"))
