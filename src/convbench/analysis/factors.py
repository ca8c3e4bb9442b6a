"""What each choice bought: paired differences, what hangs on what, and how much each explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from convbench.analysis.comparison import SIGNIFICANT, holm
from convbench.analysis.uncertainty import Estimate, over_pairs

CHOICES = ("architecture", "strategy", "augmentation", "train_size")
_BASELINES = {"strategy": "scratch", "augmentation": "none"}


@dataclass(frozen=True)
class Effect:
    """What one level of a factor changes against another, all else alike."""

    factor: str
    level: str
    baseline: str
    estimate: Estimate
    """Of the difference of the test score, a fraction."""
    better: int
    """Pairs in which the level has the higher score."""
    pairs: int
    p_holm: float
    """Corrected for the number of effects of one dataset; missing with one pair."""

    @property
    def seen(self) -> bool:
        """Whether there is an effect beyond chance."""
        return self.p_holm <= SIGNIFICANT


@dataclass(frozen=True)
class Share:
    """How much of the variance between the runs of one dataset a factor, or two together, explain."""

    factors: tuple[str, ...]
    """Two for an interaction: what one buys depends on the other."""
    share: float
    """Of the sum of squares (eta squared), from 0 to 1; type II where the grid has holes."""
    p_holm: float

    @property
    def seen(self) -> bool:
        """Whether it explains more than chance would."""
        return self.p_holm <= SIGNIFICANT


def effects(runs: pd.DataFrame) -> list[Effect]:
    """Compare every level of every factor with its baseline, over the finished runs of one dataset.

    A pair shares every other factor and the seed, and so the training images. The baseline is training
    from scratch, no augmentation, the fewest images, and the first architecture of the grid. The
    interval is that of the mean over the grid's pairs, each taken as one observation.
    """
    finished = runs[runs["outcome"] == "finished"]
    found = [
        (factor, level, baseline, gaps)
        for factor in CHOICES
        for baseline, level in _against_baseline(finished, factor)
        if len(gaps := _gaps(finished, factor, level, baseline))
    ]
    estimates = [over_pairs(gaps) for *_, gaps in found]
    corrected = holm([estimate.p for estimate in estimates])
    return [
        Effect(factor, str(level), str(base), estimate, int((gaps > 0).sum()), len(gaps), p)
        for (factor, level, base, gaps), estimate, p in zip(found, estimates, corrected, strict=True)
    ]


def _against_baseline(runs: pd.DataFrame, factor: str) -> list[tuple[object, object]]:
    levels = list(runs[factor].unique())
    if factor == "train_size":
        levels.sort()
    baseline = _BASELINES.get(factor)
    if baseline not in levels:
        baseline = levels[0] if levels else None
    return [(baseline, level) for level in levels if level != baseline]


def _gaps(runs: pd.DataFrame, factor: str, level: object, baseline: object) -> np.ndarray:
    others = [name for name in (*CHOICES, "seed") if name != factor]
    sides = [runs[runs[factor] == name].set_index(others)["test_score"] for name in (level, baseline)]
    return np.asarray((sides[0] - sides[1]).dropna(), dtype=float)


def shares(runs: pd.DataFrame) -> list[Share]:
    """Divide the variance between the finished runs of one dataset among the factors and their pairs.

    An analysis of variance of the test score on the factors that vary, and on those pairs of them whose
    every combination was run; the largest share first. Empty where too few runs are left to tell chance
    by. Scores near 0 and 1 vary less than others: read the shares as descriptions first.
    """
    data = runs.loc[runs["outcome"] == "finished", [*CHOICES, "test_score"]]
    data = data.astype(dict.fromkeys(CHOICES, str) | {"test_score": float})
    varied = [name for name in CHOICES if data[name].nunique() > 1]
    terms = [(name,) for name in varied] + [
        pair for pair in combinations(varied, 2) if _all_run(data, pair)
    ]
    if not varied or data["test_score"].nunique() < 2:
        return []
    formula = "test_score ~ " + " + ".join(map(_term, terms))
    fit = ols(formula, data).fit()
    if fit.df_resid < 1:
        return []
    table = anova_lm(fit, typ=2)
    total = float(((data["test_score"] - data["test_score"].mean()) ** 2).sum())
    corrected = holm([float(table.loc[_term(term), "PR(>F)"]) for term in terms])
    found = [
        Share(term, float(table.loc[_term(term), "sum_sq"]) / total, p)
        for term, p in zip(terms, corrected, strict=True)
    ]
    return sorted(found, key=lambda each: -each.share)


def _all_run(data: pd.DataFrame, pair: Sequence[str]) -> bool:
    combined = data[list(pair)].drop_duplicates()
    return bool(len(combined) == data[pair[0]].nunique() * data[pair[1]].nunique())


def _term(names: Sequence[str]) -> str:
    return ":".join(f"C({name})" for name in names)
