"""Test images to look at: where all networks are right, where they disagree, where all are wrong."""

from collections.abc import Sequence

import numpy as np

_OF_A_KIND = 2


def choose_cases(labels: np.ndarray, probabilities: Sequence[np.ndarray]) -> list[int]:
    """Return places of up to six images: two of each kind, of two classes, where there are as many.

    ``labels``: int ``[n]``, or 0 and 1 ``[n, C]``; ``probabilities``: ``[n, C]`` of each network. First
    come those that all get right, the surest first; then those on which the networks differ most; then
    those that all get wrong, the surest first.
    """
    answers = np.stack([each.argmax(axis=1) for each in probabilities])
    right = np.stack([is_right(labels, each) for each in answers])
    sure = np.stack([each.max(axis=1) for each in probabilities])
    shares, surest = right.mean(axis=0), sure.mean(axis=0)
    spread = (sure * np.where(right, 1, -1)).std(axis=0)
    kinds = (
        (np.flatnonzero(shares == 1), surest),
        (np.flatnonzero((shares > 0) & (shares < 1)), spread),
        (np.flatnonzero(shares == 0), surest),
    )
    classes = labels if labels.ndim == 1 else labels.argmax(axis=1)
    return [place for found, rank in kinds for place in _first_of_a_class(found, rank, classes)]


def is_right(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Tell which ``answers``, int ``[n]``, are true; of several labels, which are among them."""
    truth = (
        labels
        if labels.ndim == 1
        else np.where(labels[np.arange(len(labels)), answers] == 1, answers, -1)
    )
    return np.asarray(answers == truth)


def _first_of_a_class(places: np.ndarray, rank: np.ndarray, classes: np.ndarray) -> list[int]:
    chosen: list[int] = []
    for place in places[np.argsort(-rank[places], kind="stable")]:
        if len(chosen) < _OF_A_KIND and classes[place] not in classes[chosen]:
            chosen.append(int(place))
    return chosen
