"""The shortcut probe: the score that eight pixels on the border alone reach.

A network that does no better than this has learned backgrounds. On PlantVillage a random forest on eight
background pixels reached 49.0%, where the chance level is 2.6% (*Uncovering Bias in the PlantVillage
Dataset*, Noyan 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convbench.data.base import Split
from convbench.data.prepared import Prepared
from convbench.scores.accuracy import BALANCED_ACCURACY
from convbench.scores.average_precision import MEAN_AVERAGE_PRECISION

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestClassifier

_TRAIN, _JUDGED = 5000, 2000  # images, at most
_RESAMPLES = 200


@dataclass(frozen=True)
class Probe:
    """The score of a random forest on eight border pixels."""

    score: str
    value: float
    """Balanced accuracy, or mean average precision, on validation images: the test decides nothing."""
    low: float
    """Lower end of the 95% bootstrap interval over images."""
    high: float
    chance_level: float
    """Score of guessing: one over the classes, or the mean share of images with a label."""
    images: int
    """Validation images."""


def probe(data: Prepared) -> Probe:
    """Train on the training images' corners and edge middles, judge on validation images."""
    from sklearn.ensemble import RandomForestClassifier

    (x, y), (judged, truth) = _border(data, "train", _TRAIN), _border(data, "val", _JUDGED)
    forest = RandomForestClassifier(100, random_state=0).fit(x, y)
    several = data.card.multi_label
    outputs = _of_labels(forest, judged) if several else _of_classes(forest, judged)
    score = MEAN_AVERAGE_PRECISION if several else BALANCED_ACCURACY
    rng = np.random.Generator(np.random.PCG64(0))
    rows = rng.integers(len(truth), size=(_RESAMPLES, len(truth)))
    values = [score.of(truth[chosen], outputs[chosen]) for chosen in rows]
    low, high = np.quantile(values, (0.025, 0.975))
    present = truth.any(axis=0) if several else np.unique(truth)
    chance_level = float(truth[:, present].mean()) if several else 1 / len(data.card.classes)
    return Probe(
        score=score.title,
        value=score.of(truth, outputs),
        low=float(low),
        high=float(high),
        chance_level=chance_level,
        images=len(truth),
    )


def _border(data: Prepared, split: Split, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of some images of a split, ``[n, 24]``, and their labels."""
    rows = data.rows(split)
    rng = np.random.Generator(np.random.PCG64(0))
    rows = np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows
    last = data.card.image_size - 1
    at = (0, last // 2, last)
    places = [(y, x) for y in at for x in at if (y, x) != (last // 2, last // 2)]
    pixels = np.stack([data.pixels[rows, y, x] for y, x in places], axis=1)
    return pixels.reshape(len(rows), -1), data.labels[rows]


def _of_classes(forest: RandomForestClassifier, images: np.ndarray) -> np.ndarray:
    """Return 1 for the class that is predicted and 0 for the others, ``[n, C]``."""
    return np.asarray(np.eye(int(forest.classes_.max()) + 1)[forest.predict(images)])


def _of_labels(forest: RandomForestClassifier, images: np.ndarray) -> np.ndarray:
    """Return the probability of each label, ``[n, C]``: of one that no image carried, zero."""
    per_label = forest.predict_proba(images)
    return np.stack([p[:, 1] if p.shape[1] > 1 else np.zeros(len(p)) for p in per_label], axis=1)
