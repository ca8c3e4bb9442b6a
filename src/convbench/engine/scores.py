"""Scores of images that carry several labels, or none. All from scikit-learn."""

from dataclasses import dataclass

import numpy as np


def average_precisions(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return each label's average precision, float ``[C]``; NaN for a label that no image carries."""
    from sklearn.metrics import average_precision_score  # here: most trainings have no use for it

    return np.array(
        [
            average_precision_score(labels[:, label], probabilities[:, label]) if present else np.nan
            for label, present in enumerate(np.any(labels, axis=0).tolist())
        ]
    )


def mean_average_precision(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of the labels' average precisions, over the labels that some image carries.

    ``labels`` are 0 and 1 ``[n, C]``. A network that has diverged scores zero.
    """
    if not (np.isfinite(probabilities).all() and labels.any()):
        return 0.0
    return float(np.nanmean(average_precisions(labels, probabilities)))


def best_thresholds(labels: np.ndarray, probabilities: np.ndarray, beta: float) -> np.ndarray:
    """Return for each label the probability from which it is best said, by F-beta; ``[C]``.

    To be called on validation images. A label that none of them carries is said from one half.
    """
    from sklearn.metrics import precision_recall_curve

    chosen = np.full(labels.shape[1], 0.5)
    for label in np.flatnonzero(labels.any(axis=0)):
        precision, recall, thresholds = precision_recall_curve(labels[:, label], probabilities[:, label])
        below = beta**2 * precision + recall
        score = (1 + beta**2) * precision * recall / np.where(below > 0, below, 1)
        chosen[label] = thresholds[score[:-1].argmax()]
    return chosen


@dataclass(frozen=True)
class FScores:
    """How well the labels that are said fit those that are there, in [0, 1]."""

    f1_micro: float
    """Over all labels of all images at once: frequent labels count most."""
    f1_macro: float
    """The mean over the labels that some image carries, or is said to carry: others tell nothing."""
    f2: float
    """The mean over images, recall counting twice as much as precision: the number of the Planet
    competition. An image without labels of which none is said scores 1."""
    f1_per_label: np.ndarray
    """``[C]``; 1 for a label that no image carries, nor is said to carry."""


def f_scores(
    labels: np.ndarray, probabilities: np.ndarray, for_f1: np.ndarray, for_f2: np.ndarray
) -> FScores:
    """Say each label from its threshold on, and score that; two sets of thresholds ``[C]``."""
    from sklearn.metrics import f1_score, fbeta_score

    said, said_f2 = probabilities >= for_f1, probabilities >= for_f2
    per_label = np.asarray(f1_score(labels, said, average=None, zero_division=1.0))
    seen = np.any(labels, axis=0) | said.any(axis=0)
    return FScores(
        f1_micro=float(f1_score(labels, said, average="micro", zero_division=1.0)),
        f1_macro=float(per_label[seen].mean()) if seen.any() else 1.0,
        f2=float(fbeta_score(labels, said_f2, beta=2, average="samples", zero_division=1.0)),
        f1_per_label=per_label,
    )
