"""Whether a network is as sure as it is right."""

from dataclasses import dataclass

import numpy as np

BINS = 15
"""Bins of equal width, as in Guo et al. 2017."""


@dataclass(frozen=True)
class Reliability:
    """Confidence against correctness, a bin each, empty ones left out."""

    confidence: np.ndarray
    """Mean confidence, ``[b]``."""
    right: np.ndarray
    """Share that is right, ``[b]``."""
    count: np.ndarray
    """Answers, ``[b]``."""

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of the two, in [0, 1] (Guo et al. 2017)."""
        return float(np.average(np.abs(self.right - self.confidence), weights=self.count))


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> Reliability:
    """Compare what is said with how often it is right.

    Of one label ``[n]`` an image: the highest of its probabilities ``[n, C]`` against whether that class
    is right. Of several ``[n, C]``: every probability against whether the image carries that label.
    """
    if labels.ndim == 1:
        confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    else:
        confidence, right = probabilities.ravel(), labels.ravel() > 0
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    kept = count > 0
    return Reliability(
        confidence=np.bincount(place, weights=confidence, minlength=BINS)[kept] / count[kept],
        right=np.bincount(place, weights=right, minlength=BINS)[kept] / count[kept],
        count=count[kept],
    )
