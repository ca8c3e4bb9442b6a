"""Average precision of multi-label images."""

import numpy as np

from convbench.scores.base import Score


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


def pseudovalues(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the normalised jackknife pseudovalues of the mean average precision, ``[n]``.

    Their mean is the score (Hillis, Obuchowski, Schartz and Berbaum 2005).
    """
    carried = np.flatnonzero(labels.any(axis=0))
    if not len(carried):
        return np.zeros(len(labels))
    parts = [_of_one_label(labels[:, label] > 0, probabilities[:, label]) for label in carried]
    return np.asarray(np.mean(parts, axis=0))


def _of_one_label(positive: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the normalised pseudovalues of one label's average precision, ``[n]``.

    Images of equal probability share a threshold, as in scikit-learn. The precision of all images from
    the highest probability down to a threshold counts as often as the threshold has positives; without
    one image, every later threshold has one image less, and one positive less where that was one.
    """
    n, total = len(positive), int(positive.sum())
    values, step = np.unique(-probability, return_inverse=True)
    here = np.bincount(step, weights=positive, minlength=len(values))
    found, predicted = here.cumsum(), np.bincount(step, minlength=len(values)).cumsum()
    fewer = np.maximum(predicted - 1, 1)
    before = np.concatenate([[0.0], (here * found / predicted).cumsum()])
    after_negative = (here * found / fewer)[::-1].cumsum()[::-1]
    after_positive = (here * (found - 1) / fewer)[::-1].cumsum()[::-1]
    score = before[-1] / total
    without = np.full(n, score)
    without[~positive] = (before[step] + after_negative[step])[~positive] / total
    if total > 1:
        lost = (before[step] + after_positive[step] - ((found - 1) / fewer)[step])[positive]
        without[positive] = lost / (total - 1)
    pseudo = n * score - (n - 1) * without
    return np.asarray(pseudo + score - pseudo.mean())


MEAN_AVERAGE_PRECISION = Score(
    name="mean_average_precision",
    title="mean average precision",
    description="Mean over labels of the area under the label's precision-recall curve.",
    labels="multi",
    of=mean_average_precision,
    per_image=pseudovalues,
)
