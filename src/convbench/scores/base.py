"""The definition of a score: a number that measures predictions, and what others need to know of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Labels = Literal["single", "multi"]
"""One label an image, class numbers ``[n]``; or any number of them, 0 and 1 ``[n, C]``."""


@dataclass(frozen=True)
class Score:
    """One number in [0, 1] over the images of a split; higher is better."""

    name: str
    """As columns, MLflow metrics and configs have it: ``balanced_accuracy``."""
    title: str
    """As a reader sees it: ``balanced accuracy``."""
    description: str
    labels: Labels
    """The kind of labels that it is defined for."""
    of: Callable[[np.ndarray, np.ndarray], float]
    """``(labels, outputs)`` -> the score. Outputs are logits or probabilities ``[n, C]``; of a score
    with a ``beta``, the labels that are predicted, bool ``[n, C]``."""
    beta: int | None = None
    """Labels are predicted from thresholds that maximise F-beta on the validation split."""
    per_image: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    """``(labels, probabilities)`` -> what each image adds to the score, float ``[n]``, their mean being
    the score. ``None``: it cannot choose epochs, and no interval or test is made for it."""
    counts_images: bool = False
    """Whether an image is right or wrong, 1 or 0 before any weighting."""
    equal_weights: bool = False
    """Whether all images count the same, as McNemar's test needs it."""
    every_epoch: bool = False
    """Whether it is recorded after each epoch, as ``val_NAME``."""

    @property
    def test(self) -> str:
        """The column of its value on the test split."""
        return f"test_{self.name}"

    @property
    def val(self) -> str:
        """The column of its value on the validation split."""
        return f"val_{self.name}"

    @property
    def train(self) -> str:
        """The column of its value on the training images, as they were learned from."""
        return f"train_{self.name}"
