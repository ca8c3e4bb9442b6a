"""Sentences on what depth does to plain and to residual networks."""

import math

from convbench.analysis.depth import Degradation
from convbench.report.text.numbers import points


def claim(each: Degradation) -> str:
    """Return the finding in short."""
    kind = "Plain networks" if each.plain else "Residual networks"
    if not math.isfinite(each.low):
        return f"{kind} were deepened in {_pairs(each)} only: significance cannot be assessed"
    verb = "train worse" if each.low > 0 else "do not train significantly worse"
    return f"{kind} {verb} with more layers"


def sentence(each: Degradation) -> str:
    """Return the finding with its numbers."""
    interval = (
        f" (95% confidence interval {points(each.low)} to {points(each.high)}, {_pairs(each)})"
        if math.isfinite(each.low)
        else ""
    )
    return (
        f"{claim(each)}: from {each.shallow} to {each.deep} layers the training error changes by "
        f"{points(each.change)} points{interval}."
    )


def _pairs(each: Degradation) -> str:
    return "one pair" if each.pairs == 1 else f"{each.pairs} pairs"
