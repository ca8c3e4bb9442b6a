"""Configurations compared on the same test images: which are significantly different from the best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from convbench.analysis.uncertainty import Estimate, estimated, mean_squares, of_difference
from convbench.scores.base import Score

SIGNIFICANT = 0.05
PerImage = Mapping[str, np.ndarray]
"""Run id -> what each test image adds to its score, float ``[images]``: see ``Score.per_image``."""
BySeed = Mapping[int, np.ndarray]
"""Seed -> what each test image adds to the score, float ``[images]``."""


@dataclass(frozen=True)
class Comparison:
    """One configuration against the best of its task, on the same test images and the same seeds."""

    estimate: Estimate
    """Of the test score less that of the best, a fraction; the p-value is uncorrected."""
    p_holm: float
    """p-value corrected for the number of comparisons with this best (Holm 1979)."""
    seeds: int
    only_this_correct: int | None
    """Predictions that this one alone has right, over all seeds; ``None`` where none is right or
    wrong."""
    only_best_correct: int | None
    test: str
    """``mcnemar`` or ``seeds and images`` or ``images``: what varies in the test."""

    @property
    def not_different(self) -> bool:
        """Whether it is not significantly different from the best."""
        return not self.p_holm <= SIGNIFICANT


def compare(others: Sequence[BySeed], best: BySeed, score: Score) -> list[Comparison | None]:
    """Compare the other configurations of one task with its best; ``None`` where they share no seed.

    With several seeds, the variance over seeds and over images is estimated: see
    ``analysis.uncertainty``. Few seeds tell little of the variance over seeds, so it is pooled over all
    comparisons of the task, with half of the degrees of freedom of independent ones, as all have the
    best in common. In simulations of 3 to 18 equally good configurations, a significantly worse one is
    found in 1 to 8 of 100 tasks (in 14 where the variance over seeds of some is nine times that of
    others).

    With one seed, images alone vary: McNemar's exact test where the score counts images equally
    (McNemar 1947), Student's t of other scores.
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


def _paired(this: BySeed, best: BySeed) -> tuple[np.ndarray, np.ndarray] | None:
    """Put both over the seeds that both have, ``[seeds, images]`` each."""
    seeds = [seed for seed in best if seed in this]
    if not seeds:
        return None
    return np.stack([this[seed] for seed in seeds]), np.stack([best[seed] for seed in seeds])


def _comparison(this: np.ndarray, best: np.ndarray, estimate: Estimate, score: Score) -> Comparison:
    test = "seeds and images" if len(this) > 1 else "images"
    only_this = only_best = None
    if score.counts_images:
        only_this, only_best = int((this > best).sum()), int((best > this).sum())
        if len(this) == 1 or not math.isfinite(estimate.high):
            estimate = of_difference((this - best).mean(axis=0))
        if len(this) == 1 and score.equal_weights:
            test, estimate = "mcnemar", replace(estimate, p=_mcnemar(only_this, only_best))
    return Comparison(estimate, math.nan, len(this), only_this, only_best, test)


def _mcnemar(only_this: int, only_best: int) -> float:
    return float(mcnemar([[0, only_this], [only_best, 0]], exact=True).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm 1979); a missing one stays missing, and is not counted."""
    known = [value for value in p if not math.isnan(value)]
    corrected = iter(multipletests(known, method="holm")[1]) if known else iter(())
    return [value if math.isnan(value) else float(next(corrected)) for value in p]
