"""Ways to train compared on the same test images: which cannot be told from the best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from convbench.analysis.uncertainty import Estimate, estimated, mean_squares, of_difference

SIGNIFICANT = 0.05
Answers = Mapping[str, np.ndarray]
"""Run -> what each test image adds to its score, ``[images]``: see ``shares_of_images``."""
Shares = Mapping[int, np.ndarray]
"""Seed -> what each test image adds to the score, ``[images]``: see ``shares_of_images``."""


@dataclass(frozen=True)
class Comparison:
    """One way to train against the best of its task, on the same test images and the same seeds."""

    estimate: Estimate
    """Of the test score less that of the best, a fraction; p before any correction."""
    p_holm: float
    """Corrected for the number of comparisons with this best (Holm 1979)."""
    seeds: int
    only_this: int | None
    """Images that this one alone gets right, over all seeds; ``None`` where none is right or wrong."""
    only_best: int | None
    test: str
    """``mcnemar`` or ``seeds and images`` or ``images``: what varies in the test."""

    @property
    def tied(self) -> bool:
        """Whether it cannot be told from the best."""
        return not self.p_holm <= SIGNIFICANT


def compare(others: Sequence[Shares], best: Shares, score: str) -> list[Comparison | None]:
    """Compare the other ways to train of one task with its best; ``None`` where they share no seed.

    With several seeds, seeds and images vary both: see ``analysis.uncertainty``. Few seeds tell little
    of how much seeds matter, so all comparisons of the task do together: their mean squares are
    averaged, with half of the degrees of freedom of independent ones, as all have the best in them.
    Simulated with 3 to 18 ways to train that are equally good, some worse one is found in 1 to 8 of 100
    tasks (14 where seeds matter to some three times as much as to others).

    With one seed, images alone vary: McNemar's exact test of an ``accuracy`` (McNemar 1947), which
    counts every image the same; Student's t of other scores.
    """
    pairs = [_paired(this, best) for this in others]
    squares = [None if pair is None else mean_squares(pair[0] - pair[1]) for pair in pairs]
    several = [each for each in squares if each is not None and each.seeds > 1]
    weights = [each.seeds - 1 for each in several]
    of_seeds = float(np.average([each.of_seeds for each in several], weights=weights)) if several else 0
    found = []
    for pair, each in zip(pairs, squares, strict=True):
        if pair is not None and each is not None:
            estimate = estimated(each, of_seeds, max(each.seeds - 1, sum(weights) / 2))
            found.append(_comparison(*pair, estimate, score))
    corrected = holm([each.estimate.p for each in found])
    done = iter([replace(each, p_holm=p) for each, p in zip(found, corrected, strict=True)])
    return [None if pair is None else next(done) for pair in pairs]


def _paired(this: Shares, best: Shares) -> tuple[np.ndarray, np.ndarray] | None:
    """Put both over the seeds that both have, ``[seeds, images]`` each."""
    seeds = [seed for seed in best if seed in this]
    if not seeds:
        return None
    return np.stack([this[seed] for seed in seeds]), np.stack([best[seed] for seed in seeds])


def _comparison(this: np.ndarray, best: np.ndarray, estimate: Estimate, score: str) -> Comparison:
    test = "seeds and images" if len(this) > 1 else "images"
    only_this = only_best = None
    if score != "mean_average_precision":  # right images add, wrong ones add nothing
        only_this, only_best = int((this > best).sum()), int((best > this).sum())
        if len(this) == 1 or not math.isfinite(estimate.high):
            estimate = of_difference((this - best).mean(axis=0))
        if len(this) == 1 and score == "accuracy":
            test, estimate = "mcnemar", replace(estimate, p=_mcnemar(only_this, only_best))
    return Comparison(estimate, math.nan, len(this), only_this, only_best, test)


def _mcnemar(only_this: int, only_best: int) -> float:
    return float(mcnemar([[0, only_this], [only_best, 0]], exact=True).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Correct p values for their number (Holm 1979); a missing one stays so, and is not counted."""
    known = [value for value in p if not math.isnan(value)]
    corrected = iter(multipletests(known, method="holm")[1]) if known else iter(())
    return [value if math.isnan(value) else float(next(corrected)) for value in p]


def shares_of_images(labels: np.ndarray, probabilities: np.ndarray, score: str) -> np.ndarray:
    """Return what each test image adds to a score, float ``[n]``: their mean is the score.

    Under ``accuracy`` 1 for an image that is right. Under ``accuracy_per_class`` weighted, so that each
    class counts the same. Under ``mean_average_precision``, which is no mean over images, its jackknife
    pseudovalue, normalised to have the score for a mean (Hillis, Obuchowski, Schartz and Berbaum 2005).
    """
    if score == "mean_average_precision":
        return _pseudovalues(labels, probabilities)
    right: np.ndarray = (probabilities.argmax(axis=1) == labels).astype(float)
    if score == "accuracy":
        return right
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(right * (len(labels) / (len(counts) * counts[classes])))


def _pseudovalues(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the normalised pseudovalues of the mean average precision, ``[n]``."""
    carried = np.flatnonzero(labels.any(axis=0))
    if not len(carried):
        return np.zeros(len(labels))
    parts = [_of_one_label(labels[:, label] > 0, probabilities[:, label]) for label in carried]
    return np.asarray(np.mean(parts, axis=0))


def _of_one_label(positive: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return the normalised pseudovalues of one label's average precision, ``[n]``.

    Images of equal probability are said together, as scikit-learn does. The precision of all images from
    the highest probability down to a step counts as often as the step has positives; without one image,
    every later step has one image less, and one positive less where that was one.
    """
    n, total = len(positive), int(positive.sum())
    values, step = np.unique(-probability, return_inverse=True)
    here = np.bincount(step, weights=positive, minlength=len(values))
    found, said = here.cumsum(), np.bincount(step, minlength=len(values)).cumsum()
    fewer = np.maximum(said - 1, 1)
    before = np.concatenate([[0.0], (here * found / said).cumsum()])
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
