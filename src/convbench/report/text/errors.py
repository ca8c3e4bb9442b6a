"""Sentences on what a configuration gets wrong, and on its calibration."""

from collections.abc import Sequence

import numpy as np

from convbench.analysis.calibration import Reliability
from convbench.analysis.errors import most_confused

_ONE_WAY = 0.8  # of the calibration error: where less of it has one sign, no direction is named


def confused(where: str, counts: np.ndarray, classes: Sequence[str]) -> str:
    """Name the most frequent confusion of a matrix ``[C, C]``, a row per true class."""
    found = most_confused(counts, 1)
    if not found:
        return f"{where}: the best configuration predicts every test image correctly"
    first = found[0]
    return (
        f"{where}: the most frequent confusion is {classes[first.true]} predicted as "
        f"{classes[first.predicted]} ({first.share:.0%} of its images)"
    )


def calibrated(dataset: str, found: Reliability, *, multi_label: bool) -> str:
    """Describe the calibration error, and its direction where it has mostly one."""
    over = float(np.average(found.confidence - found.correct, weights=found.count))
    if found.error < 0.01:
        return f"{dataset}: the best configuration is calibrated to within one point"
    off = f"{100 * found.error:.0f} points on average"
    if multi_label:
        return f"{dataset}: the probabilities of the best configuration are off by {off}"
    if abs(over) < _ONE_WAY * found.error:
        return f"{dataset}: the confidence of the best configuration is off by {off}, in both directions"
    way = "overconfident" if over > 0 else "underconfident"
    return f"{dataset}: the best configuration is {way}, by {off}"
