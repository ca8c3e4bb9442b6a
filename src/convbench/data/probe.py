"""The shortcut probe: how much eight pixels on the border give away.

A network that does no better than this has learned backgrounds. On PlantVillage a random forest on eight
background pixels reached 49.0%, where chance is 2.6% (*Uncovering Bias in the PlantVillage Dataset*,
Noyan 2022).
"""

from dataclasses import dataclass

import numpy as np

from convbench.data.base import Split
from convbench.data.prepared import Prepared

_TRAIN, _JUDGED = 5000, 2000  # images, at most
_RESAMPLES = 200


@dataclass(frozen=True)
class Probe:
    """What a random forest makes of eight border pixels."""

    score: str
    value: float
    """Accuracy per class, or mean average precision, on validation images: the test decides nothing."""
    low: float
    """Lower end of the 95% bootstrap interval over images."""
    high: float
    chance: float
    """Of guessing: one over the classes, or the mean share of images with a label."""
    images: int
    """Validation images."""


def probe(data: Prepared) -> Probe:
    """Train on the training images' corners and edge middles, judge on validation images."""
    from sklearn.ensemble import RandomForestClassifier

    (x, y), (judged, truth) = _border(data, "train", _TRAIN), _border(data, "val", _JUDGED)
    forest = RandomForestClassifier(100, random_state=0).fit(x, y)
    several = data.card.multi_label
    answers = _chances(forest, judged) if several else forest.predict(judged)
    score = _average_precision if several else _accuracy_per_class
    draw = np.random.Generator(np.random.PCG64(0))
    rows = draw.integers(len(truth), size=(_RESAMPLES, len(truth)))
    values = [score(truth[chosen], answers[chosen]) for chosen in rows]
    low, high = np.quantile(values, (0.025, 0.975))
    present = truth.any(axis=0) if several else np.unique(truth)
    chance = float(truth[:, present].mean()) if several else 1 / len(data.card.classes)
    return Probe(
        score="mean average precision" if several else "accuracy per class",
        value=score(truth, answers),
        low=float(low),
        high=float(high),
        chance=chance,
        images=len(truth),
    )


def _border(data: Prepared, split: Split, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of some images of a split, ``[n, 24]``, and their labels."""
    rows = data.rows(split)
    draw = np.random.Generator(np.random.PCG64(0))
    rows = np.sort(draw.choice(rows, most, replace=False)) if len(rows) > most else rows
    last = data.card.image_size - 1
    at = (0, last // 2, last)
    places = [(y, x) for y in at for x in at if (y, x) != (last // 2, last // 2)]
    pixels = np.stack([data.pixels[rows, y, x] for y, x in places], axis=1)
    return pixels.reshape(len(rows), -1), data.labels[rows]


def _chances(forest: object, images: np.ndarray) -> np.ndarray:
    """Return the probability of each label, ``[n, C]``: of one that no image carried, zero."""
    per_label = forest.predict_proba(images)  # type: ignore[attr-defined]  # no types
    return np.stack([p[:, 1] if p.shape[1] > 1 else np.zeros(len(p)) for p in per_label], axis=1)


def _accuracy_per_class(truth: np.ndarray, answers: np.ndarray) -> float:
    right = truth == answers
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def _average_precision(truth: np.ndarray, answers: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    present = truth.any(axis=0)
    return (
        float(average_precision_score(truth[:, present], answers[:, present])) if present.any() else 0.0
    )
