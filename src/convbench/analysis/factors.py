"""The effect of each factor, interactions of two, and how much of the variance each explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from convbench.analysis.comparison import SIGNIFICANT, PerImage, holm
from convbench.analysis.summary import finished
from convbench.analysis.uncertainty import Estimate, over_pairs_and_images
from convbench.results.schema import RunRow

FACTORS: Mapping[str, str] = {
    "architecture": RunRow.architecture,
    "strategy": RunRow.label,
    "augmentation": RunRow.augmentation,
    "train_size": RunRow.train_size,
}
"""Factor -> the column with its levels."""
_BASELINES = {"strategy": (RunRow.strategy, "scratch"), "augmentation": (RunRow.augmentation, "none")}
"""Factor -> the column, and its value, that mark the level which the others are compared with."""
_BASELINE = "_baseline"
"""Suffix of the columns of a pair's run at the baseline."""


@dataclass(frozen=True)
class Effect:
    """The effect of one level of a factor against another, all else alike."""

    factor: str
    level: str
    baseline: str
    estimate: Estimate
    """Of the difference of the test score, a fraction."""
    better: int
    """Pairs in which the level has the higher score."""
    pairs: int
    p_holm: float
    """p-value corrected for the number of effects of one dataset; NaN with one pair, or equal ones."""

    @property
    def significant(self) -> bool:
        """Whether the effect is significant."""
        return self.p_holm <= SIGNIFICANT


@dataclass(frozen=True)
class Explained:
    """How much of the variance between the runs of one dataset a factor, or an interaction, explains."""

    factors: tuple[str, ...]
    """Two for an interaction: the effect of one depends on the other."""
    eta_squared: float
    """Share of the sum of squares, from 0 to 1; of type II where the grid is not complete."""
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether it is significant."""
        return self.p_holm <= SIGNIFICANT


def effects(runs: pd.DataFrame, per_image: PerImage) -> list[Effect]:
    """Compare every level of every factor with its baseline, over the finished runs of one dataset.

    A pair shares every other factor and the seed, and so the training images, where sizes are not what
    is compared. The baseline is training from scratch, no augmentation, the fewest images, and the
    first architecture of the grid. The confidence interval is that of the mean over pairs and test
    images: all pairs are scored on the same images.
    """
    known = finished(runs)
    found = [
        (factor, level, baseline, pairs)
        for factor in FACTORS
        for baseline, level in _against_baseline(known, factor)
        if len(pairs := _pairs(known, factor, level, baseline))
    ]
    estimates = [over_pairs_and_images([differences(*_ids(pairs), per_image)]) for *_, pairs in found]
    corrected = holm([estimate.p for estimate in estimates])
    return [
        Effect(factor, str(level), str(base), estimate, _better(pairs), len(pairs), p)
        for (factor, level, base, pairs), estimate, p in zip(found, estimates, corrected, strict=True)
    ]


def differences(these: Sequence[str], others: Sequence[str], per_image: PerImage) -> np.ndarray:
    """Return what each test image adds to the difference of two runs, float ``[pairs, images]``."""
    pairs = zip(these, others, strict=True)
    return np.stack([per_image[this] - per_image[other] for this, other in pairs])


def _ids(pairs: pd.DataFrame) -> tuple[Sequence[str], Sequence[str]]:
    return list(pairs[RunRow.run_id]), list(pairs[RunRow.run_id + _BASELINE])


def _better(pairs: pd.DataFrame) -> int:
    return int((pairs[RunRow.test_score] > pairs[RunRow.test_score + _BASELINE]).sum())


def _against_baseline(runs: pd.DataFrame, factor: str) -> list[tuple[object, object]]:
    own = FACTORS[factor]
    levels = list(runs[own].unique())
    if own == RunRow.train_size:
        levels.sort()
    column, value = _BASELINES.get(factor, (own, None))
    usual = list(runs.loc[runs[column] == value, own].unique()) if value else []
    baseline = next(iter(usual), levels[0] if levels else None)
    return [(baseline, level) for level in levels if level != baseline]


def _pairs(runs: pd.DataFrame, factor: str, level: object, baseline: object) -> pd.DataFrame:
    """Put the runs of one level beside those of another that are alike in all else."""
    own = FACTORS[factor]
    others = [name for name in (*FACTORS.values(), RunRow.seed) if name != own]
    this, base = (
        runs.loc[runs[own] == name, [*others, RunRow.run_id, RunRow.test_score]].set_index(others)
        for name in (level, baseline)
    )
    return this.join(base.add_suffix(_BASELINE), how="inner")


def explained(runs: pd.DataFrame) -> list[Explained]:
    """Divide the variance between the finished runs of one dataset among factors and their interactions.

    An analysis of variance of the test score on the factors that vary, and on those pairs of them of
    which each pair of levels was run; the largest share first. Empty where too few runs are left to
    test with, and where two factors are confounded. Scores near 0 and 1 vary less than others: the
    shares describe these runs.
    """
    score = RunRow.test_score
    data = finished(runs)[[*FACTORS.values(), score]].set_axis([*FACTORS, score], axis="columns")
    data = data.astype(dict.fromkeys(FACTORS, str) | {score: float})
    varied = [name for name in FACTORS if data[name].nunique() > 1]
    terms = [(name,) for name in varied] + [
        pair for pair in combinations(varied, 2) if _all_run(data, pair)
    ]
    if not varied or data[score].nunique() < 2:
        return []
    model = ols(f"{score} ~ " + " + ".join(map(_term, terms)), data)
    observations, columns = model.exog.shape
    if observations <= columns or np.linalg.matrix_rank(model.exog) < columns:
        return []
    analysis = anova_lm(model.fit(), typ=2)
    total = float(((data[score] - data[score].mean()) ** 2).sum())
    corrected = holm([float(analysis.loc[_term(term), "PR(>F)"]) for term in terms])
    found = [
        Explained(term, float(analysis.loc[_term(term), "sum_sq"]) / total, p)
        for term, p in zip(terms, corrected, strict=True)
    ]
    return sorted(found, key=lambda each: -each.eta_squared)


def _all_run(data: pd.DataFrame, pair: Sequence[str]) -> bool:
    levels = data[list(pair)].drop_duplicates()
    return bool(len(levels) == data[pair[0]].nunique() * data[pair[1]].nunique())


def _term(names: Sequence[str]) -> str:
    return ":".join(f"C({name})" for name in names)
