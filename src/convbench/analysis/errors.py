"""What a way to train gets wrong: which classes it takes for which, and which images are the hardest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix


def confusion(labels: np.ndarray, chances: Sequence[np.ndarray]) -> np.ndarray:
    """Count, over the runs, images ``[C, C]``: a row the true class, a column the one that is said.

    ``labels`` are class numbers ``[n]``, ``chances`` each run's probabilities ``[n, C]``.
    """
    classes = range(chances[0].shape[1])
    return np.asarray(
        sum(confusion_matrix(labels, each.argmax(axis=1), labels=classes) for each in chances)
    )


@dataclass(frozen=True)
class Confused:
    """One class taken for another."""

    true: int
    said: int
    share: float
    """Of the images of the true class, over all runs."""


def most_confused(counts: np.ndarray, limit: int) -> list[Confused]:
    """Return the confusions of ``[C, C]`` that befall the largest shares of a class, largest first."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(shares, 0)
    order = np.argsort(-shares, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(place), shares.shape[1]) for place in order]
    return [
        Confused(true, said, float(shares[true, said])) for true, said in pairs if shares[true, said] > 0
    ]


@dataclass(frozen=True)
class Hard:
    """A test image that most runs get wrong."""

    place: int
    """Among the test images."""
    true: int
    said: int
    """What the runs say together."""
    chance: float
    """The mean probability of its true class, over the runs."""


def hardest(labels: np.ndarray, chances: Sequence[np.ndarray], limit: int) -> list[Hard]:
    """Return the images whose true class the runs find the least likely, and take for another one."""
    mean = np.mean(chances, axis=0)
    true = mean[np.arange(len(labels)), labels]
    said = mean.argmax(axis=1)
    order = [place for place in np.argsort(true, kind="stable") if said[place] != labels[place]]
    return [
        Hard(int(place), int(labels[place]), int(said[place]), float(true[place]))
        for place in order[:limit]
    ]
