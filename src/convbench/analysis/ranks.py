"""Ways to train ranked over several datasets, and which ranks cannot be told apart."""

from dataclasses import dataclass

import pandas as pd
from scikit_posthocs import posthoc_nemenyi_friedman
from scipy.stats import friedmanchisquare

_WAY = ["architecture", "strategy", "augmentation"]
_LEAST = 3  # datasets, and ways to train, below which ranks say nothing


@dataclass(frozen=True)
class Ranking:
    """Mean ranks over datasets.

    Demšar 2006, *Statistical Comparisons of Classifiers over Multiple Data Sets*.
    """

    ranks: pd.Series
    """Way to train -> its mean rank; 1 is the best of every dataset. Best first."""
    p: float
    """Of Friedman's test that all are alike."""
    pairs: pd.DataFrame
    """Of Nemenyi's test, for each two ways."""
    datasets: int
    left_out: int
    """Ways that some dataset lacks."""


def ranking(summary: pd.DataFrame) -> Ranking | None:
    """Rank the ways to train that every dataset has, each dataset at its largest training size.

    By the mean test score of the cells. ``None`` with fewer than three datasets or ways.
    """
    largest = summary.groupby("dataset")["train_size"].transform("max")
    cells = summary[summary["train_size"] == largest]
    ways = cells[_WAY].agg(" ".join, axis=1)
    scores = cells.assign(way=ways).pivot_table(index="dataset", columns="way", values="test")
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
