"""Configurations ranked over several datasets, and which ranks do not differ significantly."""

from dataclasses import dataclass

import pandas as pd
from scikit_posthocs import posthoc_nemenyi_friedman
from scipy.stats import friedmanchisquare

from convbench.results.schema import SummaryRow

_RECIPE = [SummaryRow.architecture, SummaryRow.label, SummaryRow.augmentation]
_LEAST = 3  # datasets, and configurations, below which ranks mean nothing
_NAME = "configuration"


@dataclass(frozen=True)
class Ranking:
    """Mean ranks over datasets.

    Demšar 2006, *Statistical Comparisons of Classifiers over Multiple Data Sets*.
    """

    ranks: "pd.Series[float]"
    """Architecture, strategy and augmentation -> mean rank; 1 is the best of every dataset. Best
    first."""
    p: float
    """p-value of Friedman's test that all are alike."""
    pairs: pd.DataFrame
    """p-values of Nemenyi's test, for each pair."""
    datasets: int
    left_out: int
    """Configurations that some dataset lacks."""


def ranking(summary: pd.DataFrame) -> Ranking | None:
    """Rank the configurations that every dataset has, each dataset at its largest training size.

    By the mean test score. ``None`` with fewer than three datasets or configurations.
    """
    largest = summary.groupby(SummaryRow.dataset)[SummaryRow.train_size].transform("max")
    own = summary[summary[SummaryRow.train_size] == largest]
    names = own[_RECIPE].agg(" ".join, axis=1)
    scores = own.assign(**{_NAME: names}).pivot_table(
        index=SummaryRow.dataset, columns=_NAME, values=SummaryRow.test_score
    )
    common = scores.dropna(axis="columns").astype(float)
    if min(common.shape) < _LEAST:
        return None
    ranks = common.rank(axis="columns", ascending=False).mean().sort_values(kind="stable")
    return Ranking(
        ranks=ranks,
        p=float(friedmanchisquare(*common.to_numpy().T).pvalue),
        pairs=posthoc_nemenyi_friedman(common),
        datasets=len(common),
        left_out=scores.shape[1] - common.shape[1],
    )
