"""Obtained numbers against expected ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Reproduction:
    """Which expected runs came out the same. Every expected run is in exactly one list."""

    exact: list[str]
    """Every number equal, to the last bit."""
    close: list[str]
    """Not equal, but the test accuracy is within ``tolerance``."""
    different: list[str]
    """Neither, or absent: a line each, with both numbers."""
    largest: float
    """Largest difference in the test score between runs that finished here and were expected to."""

    def in_words(self) -> str:
        """Say it in a sentence."""
        total = len(self.exact) + len(self.close) + len(self.different)
        return (
            f"Reproduced {len(self.exact)} of {total} runs exactly and {len(self.close)} more within "
            "1/√n of test accuracy, n being the number of training images (largest difference: "
            f"{self.largest * 100:.1f} points); {len(self.different)} are different."
        )


def tolerance(train_size: int) -> float:
    """Return how far apart two test accuracies may be that differ in rounding alone, a fraction.

    Other processors round differently, and training amplifies it, the more the fewer images there
    are: 14 points with 50, 7 with 200, 3 with 1,000. ``config/README.md`` has what was measured.
    """
    return float(train_size**-0.5)


def compare(obtained: pd.DataFrame, expected: pd.DataFrame) -> Reproduction:
    """Compare runs by id. Runs that are not expected are left out: nothing is known of them."""
    found = obtained.set_index("run_id")
    exact, close, different = [], [], []
    largest = 0.0
    for row in expected.itertuples(index=False):
        wanted = row._asdict()
        run = str(wanted.pop("run_id"))
        if run not in found.index:
            different.append(f"{run}: no such run here")
            continue
        got = {name: found.at[run, name] for name in wanted}
        size = int(found.at[run, "train_size"])
        if _finished(got) and _finished(wanted):
            largest = max(largest, distance if (distance := _distance(got, wanted)) < 1 else 0)
        if all(_same(got[name], wanted[name]) for name in wanted):
            exact.append(run)
        elif _finished(got) and _finished(wanted) and _distance(got, wanted) <= tolerance(size):
            close.append(run)
        else:
            different.append(f"{run}: {_describe(got)}; expected: {_describe(wanted)}")
    return Reproduction(exact, close, different, largest)


def _finished(run: Mapping[str, Any]) -> bool:
    return bool(run["outcome"] == "finished")


def _distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    values = _score(one), _score(other)
    return (
        float("inf")
        if any(pd.isna(value) for value in values)
        else abs(float(values[0]) - float(values[1]))
    )


def _score(run: Mapping[str, Any]) -> Any:  # noqa: ANN401 (a float, or pandas' NA)
    """Return the test accuracy; where images carry several labels, what they are scored by."""
    accuracy = run["test_accuracy"]
    return run.get("test_score", accuracy) if pd.isna(accuracy) else accuracy


def _describe(run: Mapping[str, Any]) -> str:
    if not _finished(run):
        return str(run["outcome"])
    return f"test {'score' if pd.isna(run['test_accuracy']) else 'accuracy'} {_score(run):.1%}"


def _same(one: object, other: object) -> bool:
    return bool(pd.isna(one) and pd.isna(other)) or one == other
