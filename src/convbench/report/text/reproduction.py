"""Sentences on how far the numbers of a grid are the expected ones."""

import math
from collections.abc import Sequence

from convbench.analysis.reproduction import INSIDE, Comparison, Reproduction

_CAUSES = "what rounding and another seed would change"
_NAMED = 3  # runs that a sentence names


def sentence(found: Reproduction) -> str:
    """Return how many runs were reproduced, and what is known of the others."""
    if found.is_exact:
        return f"All {len(found.runs)} runs are exactly as expected."
    parts = [f"Reproduced {len(found.of('exact'))} of {len(found.runs)} runs exactly"]
    if found.of("within", "different"):
        parts.append(_banded(found) if found.banded else _different(found))
    if missing := found.of("missing"):
        parts.append(f"{len(missing)} did not finish here: {_names(missing)}")
    return "; ".join(parts) + "."


def named(run: Comparison) -> str:
    """Return a run with its score and the expected one."""
    return f"{run.run} ({run.got}, expected {run.wanted})"


def _banded(found: Reproduction) -> str:
    within, different = found.of("within"), found.of("different")
    if not within:
        return f"{len(different)} differ by more than {_CAUSES}: {_names(different)}"
    many = f"{len(within)} of the others" if different else f"the other {len(within)}"
    text = f"{many} {_be(within)} within {_CAUSES} ({_largest(within)})"
    if not different:
        return text
    expected = f"1 in {1 / (1 - INSIDE):.0f} is expected to be outside"
    return f"{text}, {len(different)} {_be(different)} not ({expected}): {_names(different)}"


def _different(found: Reproduction) -> str:
    different = found.of("different")
    return f"the other {len(different)} {_be(different)} different ({_largest(different)})"


def _be(runs: Sequence[Comparison]) -> str:
    return "is" if len(runs) == 1 else "are"


def _largest(runs: Sequence[Comparison]) -> str:
    distances = [run.distance for run in runs if not math.isnan(run.distance)]
    return f"largest difference {max(distances, default=0.0) * 100:.1f} points"


def _names(runs: Sequence[Comparison]) -> str:
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return ", ".join(named(run) for run in runs[:_NAMED]) + more
