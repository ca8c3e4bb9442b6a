"""Obtained numbers against expected ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

EXPECTED_COLUMNS = (
    "run_id",
    "outcome",
    "val_accuracy",
    "test_accuracy",
    "test_accuracy_per_class",
    "test_loss",
    "best_epoch",
    "test_score",
)
BAND = "band"
"""The column beside them, where it was measured: how far a test score may be away; see ``bands``."""

INSIDE = 0.99
"""Share of the runs that the band holds where they differ by rounding and seed alone.

Simulated with three seeds and 14 configurations a task: 99.3% or more of the runs that differ by
rounding alone, 98.7% where the draws have heavy tails (Student's t with 4 degrees of freedom), 97.4% or
more of those of another seed. Of the runs that are 6 standard deviations away, it shows 75%; 10: 98%.
"""

Kind = Literal["exact", "within", "different", "missing"]
"""Every number equal, to the last bit; the test score within the band; neither; not there, or not
finished though it was expected to."""

_CAUSES = "what rounding and another seed would change"
_NAMED = 3
"""How many runs a sentence names."""


@dataclass(frozen=True)
class Comparison:
    """One expected run, and what became of it here."""

    run: str
    kind: Kind
    got: str
    wanted: str
    distance: float
    """Of the test scores; not a number where there are not two."""

    def in_words(self) -> str:
        """Name the run with what was got and what was expected."""
        return f"{self.run} ({self.got}, expected {self.wanted})"


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

    def in_words(self) -> str:
        """Say it in a sentence."""
        if self.is_exact:
            return f"All {len(self.runs)} runs are exactly as expected."
        said = [f"Reproduced {len(self.of('exact'))} of {len(self.runs)} runs exactly"]
        if self.of("within", "different"):
            said.append(self._of_others() if self.banded else self._of_different())
        if missing := self.of("missing"):
            said.append(f"{len(missing)} did not finish here: {_names(missing)}")
        return "; ".join(said) + "."

    def _of_others(self) -> str:
        within, different = self.of("within"), self.of("different")
        if not within:
            return f"{len(different)} differ by more than {_CAUSES}: {_names(different)}"
        many = f"{len(within)} of the others" if different else f"the other {len(within)}"
        said = f"{many} {_be(within)} within {_CAUSES} ({_largest(within)})"
        if not different:
            return said
        chance = f"by chance, 1 in {1 / (1 - INSIDE):.0f} is not"
        return f"{said}, {len(different)} {_be(different)} not ({chance}): {_names(different)}"

    def _of_different(self) -> str:
        different = self.of("different")
        return f"the other {len(different)} {_be(different)} different ({_largest(different)})"


def _be(runs: Sequence[Comparison]) -> str:
    return "is" if len(runs) == 1 else "are"


def _largest(runs: Sequence[Comparison]) -> str:
    distances = [run.distance for run in runs if not math.isnan(run.distance)]
    return f"largest difference {max(distances, default=0.0) * 100:.1f} points"


def _names(runs: Sequence[Comparison]) -> str:
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return ", ".join(run.in_words() for run in runs[:_NAMED]) + more


def compare(obtained: pd.DataFrame, expected: pd.DataFrame) -> Reproduction:
    """Compare runs by id. Runs that are not expected are left out: nothing is known of them."""
    found = obtained.set_index("run_id").to_dict("index")
    runs = [_compare(found.get(row["run_id"]), row) for row in expected.to_dict("records")]
    return Reproduction(runs, BAND in expected.columns)


def _compare(got: Mapping[Any, Any] | None, wanted: Mapping[Any, Any]) -> Comparison:
    run, described = str(wanted["run_id"]), _describe(wanted)
    if got is None:
        return Comparison(run, "missing", "absent", described, math.nan)
    distance = _score(got) - _score(wanted)
    kind: Kind = "different"
    if all(_same(got[name], wanted[name]) for name in wanted if name not in ("run_id", BAND)):
        kind = "exact"
    elif wanted["outcome"] == "finished" != got["outcome"]:
        kind = "missing"
    elif abs(distance) <= wanted.get(BAND, math.nan):
        kind = "within"
    return Comparison(run, kind, _describe(got), described, abs(distance))


def _score(run: Mapping[Any, Any]) -> float:
    """Return the test score, which older files of expected numbers lack: there, the accuracy."""
    score = run.get("test_score", run["test_accuracy"])
    return math.nan if pd.isna(score) else float(score)


def _describe(run: Mapping[Any, Any]) -> str:
    return f"{_score(run):.1%}" if run["outcome"] == "finished" else str(run["outcome"])


def _same(one: object, other: object) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    return one == other
