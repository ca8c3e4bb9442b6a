"""Calibration: whether a network's confidence is the share of its correct predictions."""

from dataclasses import dataclass

import numpy as np

BINS = 15
"""Bins of equal width, as in Guo et al. 2017."""


@dataclass(frozen=True)
class Reliability:
    """Confidence against correctness, a bin each, empty ones left out."""

    confidence: np.ndarray
    """Mean confidence, ``[b]``."""
    correct: np.ndarray
    """Share of correct predictions, ``[b]``."""
    count: np.ndarray
    """Predictions, ``[b]``."""

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, in [0, 1] (Guo et al. 2017)."""
        return float(np.average(np.abs(self.correct - self.confidence), weights=self.count))


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> Reliability:
    """Compare confidence with the share of correct predictions.

    With labels ``[n]``: the highest of an image's probabilities ``[n, C]`` against whether that class is
    correct. Multi-label, ``[n, C]``: every probability against whether the image carries that label.
    """
    if labels.ndim == 1:
        confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    else:
        confidence, correct = probabilities.ravel(), labels.ravel() > 0
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    kept = count > 0
    return Reliability(
        confidence=np.bincount(place, weights=confidence, minlength=BINS)[kept] / count[kept],
        correct=np.bincount(place, weights=correct, minlength=BINS)[kept] / count[kept],
        count=count[kept],
    )
