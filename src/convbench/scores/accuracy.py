"""Accuracy, over images and over classes."""

import numpy as np

from convbench.scores.base import Score


def correct(labels: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return which of the images ``[n]`` have their class predicted, bool ``[n]``.

    ``outputs`` ``[n, C]`` are logits or probabilities: the highest one is the prediction.
    """
    return np.asarray(outputs.argmax(axis=1) == labels)


def accuracy(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the share of images whose class is predicted."""
    return float(correct(labels, outputs).mean())


def balanced_accuracy(labels: np.ndarray, outputs: np.ndarray) -> float:
    """Return the mean over classes of each class's recall (scikit-learn's ``balanced_accuracy_score``).

    Classes without images are left out. The mean is torch's: another order of addition would change the
    last bit of pinned numbers.
    """
    from torch import float64, tensor

    right = correct(labels, outputs)
    recalls = [float(right[labels == label].mean()) for label in np.unique(labels)]
    return tensor(recalls, dtype=float64).mean().item()


def _as_numbers(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return correct(labels, probabilities).astype(float)


def _weighted(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Weight each image so that every class counts the same, ``[n]``."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = len(labels) / (len(counts) * counts[classes])
    return np.asarray(_as_numbers(labels, probabilities) * weights)


ACCURACY = Score(
    name="accuracy",
    title="accuracy",
    description="Share of images whose class is predicted.",
    labels="single",
    of=accuracy,
    per_image=_as_numbers,
    counts_images=True,
    equal_weights=True,
    every_epoch=True,
)
BALANCED_ACCURACY = Score(
    name="balanced_accuracy",
    title="balanced accuracy",
    description="Mean over classes of the share of the class's images that are predicted.",
    labels="single",
    of=balanced_accuracy,
    per_image=_weighted,
    counts_images=True,
)
