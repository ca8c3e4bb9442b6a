"""What each choice bought: paired differences, what hangs on what, and how much each explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from convbench.analysis.comparison import SIGNIFICANT, Answers, holm
from convbench.analysis.uncertainty import Estimate, over_pairs_and_images

CHOICES = ("architecture", "strategy", "augmentation", "train_size")
_BASELINES = {"strategy": ("method", "scratch"), "augmentation": ("augmentation", "none")}
"""Factor -> the column, and what it says, of the level that others are compared with."""


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
    """Corrected for the number of effects of one dataset; missing with one pair, or equal ones."""

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


def effects(runs: pd.DataFrame, answers: Answers) -> list[Effect]:
    """Compare every level of every factor with its baseline, over the finished runs of one dataset.

    ``answers``: of each run, by its id, what each test image adds to its score, ``[images]``. A pair
    shares every other factor and the seed, and so the training images, where sizes are not what is
    compared. The baseline is training from scratch, no augmentation, the fewest images, and the first
    architecture of the grid. The interval is that of the mean over pairs, were other pairs and other
    test images drawn: all pairs are scored on the same ones.
    """
    finished = runs[runs["outcome"] == "finished"]
    found = [
        (factor, level, baseline, pairs)
        for factor in CHOICES
        for baseline, level in _against_baseline(finished, factor)
        if len(pairs := _pairs(finished, factor, level, baseline))
    ]
    estimates = [over_pairs_and_images([differences(*_ids(pairs), answers)]) for *_, pairs in found]
    corrected = holm([estimate.p for estimate in estimates])
    return [
        Effect(factor, str(level), str(base), estimate, _better(pairs), len(pairs), p)
        for (factor, level, base, pairs), estimate, p in zip(found, estimates, corrected, strict=True)
    ]


def differences(these: Sequence[str], others: Sequence[str], answers: Answers) -> np.ndarray:
    """Return what each test image adds to the difference of two runs, ``[pairs, images]``."""
    return np.stack([answers[this] - answers[other] for this, other in zip(these, others, strict=True)])


def _ids(pairs: pd.DataFrame) -> tuple[Sequence[str], Sequence[str]]:
    return list(pairs["run_id"]), list(pairs["run_id_baseline"])


def _better(pairs: pd.DataFrame) -> int:
    return int((pairs["test_score"] > pairs["test_score_baseline"]).sum())


def _against_baseline(runs: pd.DataFrame, factor: str) -> list[tuple[object, object]]:
    levels = list(runs[factor].unique())
    if factor == "train_size":
        levels.sort()
    column, value = _BASELINES.get(factor, (factor, None))
    usual = runs.loc[runs[column] == value, factor].unique() if value else []
    baseline = next(iter(usual), levels[0] if levels else None)
    return [(baseline, level) for level in levels if level != baseline]


def _pairs(runs: pd.DataFrame, factor: str, level: object, baseline: object) -> pd.DataFrame:
    """Put the runs of one level beside those of another that are alike in all else."""
    others = [name for name in (*CHOICES, "seed") if name != factor]
    this, base = (
        runs.loc[runs[factor] == name, [*others, "run_id", "test_score"]].set_index(others)
        for name in (level, baseline)
    )
    return this.join(base.add_suffix("_baseline"), how="inner")


def shares(runs: pd.DataFrame) -> list[Share]:
    """Divide the variance between the finished runs of one dataset among the factors and their pairs.

    An analysis of variance of the test score on the factors that vary, and on those pairs of them whose
    every combination was run; the largest share first. Empty where too few runs are left to tell chance
    by, and where two factors change together, so that none can tell which of them it was. Scores near 0
    and 1 vary less than others: read the shares as descriptions first.
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
    model = ols(formula, data)
    observations, columns = model.exog.shape
    if observations <= columns or np.linalg.matrix_rank(model.exog) < columns:
        return []
    table = anova_lm(model.fit(), typ=2)
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
