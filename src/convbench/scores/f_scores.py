"""F-scores of multi-label images; all from scikit-learn."""

import numpy as np

from convbench.scores.base import Score


def best_thresholds(labels: np.ndarray, probabilities: np.ndarray, beta: float) -> np.ndarray:
    """Return for each label the threshold of its probability that maximises F-beta, float ``[C]``.

    To be called on validation images. The threshold of a label that none of them carries is 0.5.
    """
    from sklearn.metrics import precision_recall_curve

    chosen = np.full(labels.shape[1], 0.5)
    for label in np.flatnonzero(labels.any(axis=0)):
        precision, recall, thresholds = precision_recall_curve(labels[:, label], probabilities[:, label])
        below = beta**2 * precision + recall
        score = (1 + beta**2) * precision * recall / np.where(below > 0, below, 1)
        chosen[label] = thresholds[score[:-1].argmax()]
    return chosen


def f1_per_label(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return each label's F1, float ``[C]``; 1 for a label that is on no image and predicted on none."""
    from sklearn.metrics import f1_score

    return np.asarray(f1_score(labels, predicted, average=None, zero_division=1.0))


def _micro(labels: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(labels, predicted, average="micro", zero_division=1.0))


def _macro(labels: np.ndarray, predicted: np.ndarray) -> float:
    known = np.any(labels, axis=0) | predicted.any(axis=0)
    return float(f1_per_label(labels, predicted)[known].mean()) if known.any() else 1.0


def _samples(labels: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import fbeta_score

    return float(fbeta_score(labels, predicted, beta=2, average="samples", zero_division=1.0))


F1_MICRO = Score(
    name="f1_micro",
    title="F1 micro",
    description="F1 over all labels of all images at once: frequent labels count most.",
    labels="multi",
    of=_micro,
    beta=1,
)
F1_MACRO = Score(
    name="f1_macro",
    title="F1 macro",
    description="Mean F1 over the labels that some image carries or is predicted to carry.",
    labels="multi",
    of=_macro,
    beta=1,
)
F2 = Score(
    name="f2",
    title="F2",
    description="Mean F2 over images, recall counting more than precision: the score of the Planet "
    "competition. An image without labels of which none is predicted scores 1.",
    labels="multi",
    of=_samples,
    beta=2,
)
