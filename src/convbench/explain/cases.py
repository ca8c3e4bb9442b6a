"""Test images to explain: those that all networks predict correctly, some, or none."""

from collections.abc import Sequence

import numpy as np

_OF_A_KIND = 2


def choose_cases(labels: np.ndarray, probabilities: Sequence[np.ndarray]) -> list[int]:
    """Return places of up to six images: two of each kind, of two classes, where there are as many.

    ``labels``: int ``[n]``, or 0 and 1 ``[n, C]``; ``probabilities``: ``[n, C]`` of each network. First
    come those that all predict correctly, the most confident first; then those on which the networks
    differ most; then those that all predict wrongly, the most confident first.
    """
    predicted = np.stack([each.argmax(axis=1) for each in probabilities])
    correct = np.stack([is_correct(labels, each) for each in predicted])
    confidence = np.stack([each.max(axis=1) for each in probabilities])
    shares, mean = correct.mean(axis=0), confidence.mean(axis=0)
    spread = (confidence * np.where(correct, 1, -1)).std(axis=0)
    kinds = (
        (np.flatnonzero(shares == 1), mean),
        (np.flatnonzero((shares > 0) & (shares < 1)), spread),
        (np.flatnonzero(shares == 0), mean),
    )
    classes = labels if labels.ndim == 1 else labels.argmax(axis=1)
    return [place for found, rank in kinds for place in _first_of_a_class(found, rank, classes)]


def is_correct(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Tell which of the classes ``predicted``, int ``[n]``, are labels of their image, bool ``[n]``."""
    truth = (
        labels
        if labels.ndim == 1
        else np.where(labels[np.arange(len(labels)), predicted] == 1, predicted, -1)
    )
    return np.asarray(predicted == truth)


def _first_of_a_class(places: np.ndarray, rank: np.ndarray, classes: np.ndarray) -> list[int]:
    chosen: list[int] = []
    for place in places[np.argsort(-rank[places], kind="stable")]:
        if len(chosen) < _OF_A_KIND and classes[place] not in classes[chosen]:
            chosen.append(int(place))
    return chosen
