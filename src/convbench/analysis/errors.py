"""Errors of a configuration: which classes it confuses, and which images are the hardest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix


def confusion(labels: np.ndarray, probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """Count, over the runs, images ``[C, C]``: a row the true class, a column the predicted one.

    ``labels`` are class numbers ``[n]``, ``probabilities`` those of each run ``[n, C]``.
    """
    classes = range(probabilities[0].shape[1])
    return np.asarray(
        sum(confusion_matrix(labels, each.argmax(axis=1), labels=classes) for each in probabilities)
    )


@dataclass(frozen=True)
class Confused:
    """One class predicted as another."""

    true: int
    predicted: int
    share: float
    """Of the images of the true class, over all runs."""


def most_confused(counts: np.ndarray, limit: int) -> list[Confused]:
    """Return the confusions of ``[C, C]`` with the largest shares of the true class, largest first."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    order = np.argsort(-shares, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(place), shares.shape[1]) for place in order]
    return [
        Confused(true, predicted, float(shares[true, predicted]))
        for true, predicted in pairs
        if shares[true, predicted] > 0
    ]


@dataclass(frozen=True)
class Hard:
    """A test image that the runs together predict wrongly."""

    place: int
    """Among the test images."""
    true: int
    predicted: int
    """The class with the highest mean probability over the runs."""
    probability: float
    """The mean probability of its true class, over the runs."""


def hardest(labels: np.ndarray, probabilities: Sequence[np.ndarray], limit: int) -> list[Hard]:
    """Return the wrongly predicted images, those with the least probable true class first."""
    mean = np.mean(probabilities, axis=0)
    true = mean[np.arange(len(labels)), labels]
    predicted = mean.argmax(axis=1)
    order = [place for place in np.argsort(true, kind="stable") if predicted[place] != labels[place]]
    return [
        Hard(int(place), int(labels[place]), int(predicted[place]), float(true[place]))
        for place in order[:limit]
    ]
