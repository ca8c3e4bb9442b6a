"""Obtained numbers against expected ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from convbench.results.expected import read_expected
from convbench.results.schema import RunRow
from convbench.scores import SCORES

EXPECTED = (
    RunRow.run_id,
    RunRow.outcome,
    *(score.val for score in SCORES.values() if score.every_epoch),
    *(score.test for score in SCORES.values()),
    RunRow.test_loss,
    RunRow.best_epoch,
    RunRow.test_score,
)
"""The columns of a file of expected numbers, of which it has those that some run has a value for."""
BAND = "band"
"""The column beside them, where it was measured: how far a test score may be away; see ``bands``."""

INSIDE = 0.99
"""Share of the runs that the band holds where they differ by rounding and seed alone.

Simulated with three seeds and 14 configurations a task: 99.3% or more of the runs that differ by
rounding alone, 98.7% where they have heavy tails (Student's t with 4 degrees of freedom), 97.4% or
more of those of another seed. Of the runs that are 6 standard deviations away, it shows 75%; 10: 98%.
"""

Kind = Literal["exact", "within", "different", "missing"]
"""Every number equal, to the last bit; the test score within the band; neither; not there, or not
finished though it was expected to."""


@dataclass(frozen=True)
class Comparison:
    """One expected run, and what became of it here."""

    run: str
    kind: Kind
    got: str
    wanted: str
    distance: float
    """Of the test scores; not a number where there are not two."""


@dataclass(frozen=True)
class Reproduction:
    """What became of each expected run."""

    runs: list[Comparison]
    banded: bool
    """The expected numbers come with bands. Without, a run is exact or different."""

    def of(self, *kinds: Kind) -> list[Comparison]:
        """Return the runs of some kinds."""
        return [run for run in self.runs if run.kind in kinds]

    @property
    def is_exact(self) -> bool:
        """Tell whether every run is exactly as expected."""
        return len(self.of("exact")) == len(self.runs)


def reproduction(grid: str, runs: pd.DataFrame) -> Reproduction | None:
    """Compare the runs of a grid with its expected numbers; ``None`` where there are none."""
    expected = read_expected(grid)
    return None if expected is None else compare(runs, expected)


def compare(obtained: pd.DataFrame, expected: pd.DataFrame) -> Reproduction:
    """Compare runs by id. Runs that are not expected are left out: nothing is known of them."""
    found = obtained.set_index(RunRow.run_id).to_dict("index")
    runs = [_compare(found.get(row[RunRow.run_id]), row) for row in expected.to_dict("records")]
    return Reproduction(runs, BAND in expected.columns)


def _compare(got: Mapping[Any, Any] | None, wanted: Mapping[Any, Any]) -> Comparison:
    run, described = str(wanted[RunRow.run_id]), _describe(wanted)
    if got is None:
        return Comparison(run, "missing", "absent", described, math.nan)
    distance = _score(got) - _score(wanted)
    kind: Kind = "different"
    if all(_same(got[name], wanted[name]) for name in wanted if name not in (RunRow.run_id, BAND)):
        kind = "exact"
    elif wanted[RunRow.outcome] == "finished" != got[RunRow.outcome]:
        kind = "missing"
    elif abs(distance) <= wanted.get(BAND, math.nan):
        kind = "within"
    return Comparison(run, kind, _describe(got), described, abs(distance))


def _score(run: Mapping[Any, Any]) -> float:
    score = run[RunRow.test_score]
    return math.nan if pd.isna(score) else float(score)


def _describe(run: Mapping[Any, Any]) -> str:
    outcome = run[RunRow.outcome]
    return f"{_score(run):.1%}" if outcome == "finished" else str(outcome)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 (values of a table: a number, a text or missing)
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    return bool(one == other)
