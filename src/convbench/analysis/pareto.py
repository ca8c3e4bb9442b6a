"""The configurations that no other beats in both score and cost."""

import pandas as pd

from convbench.results.schema import SummaryRow

FRONT = "front"
"""What a table with the result of ``front`` calls its column; of several costs, ``front_COST``."""


def front(summary: pd.DataFrame, cost: str, score: str = SummaryRow.test_score) -> "pd.Series[bool]":
    """Return which rows lie on the Pareto front; of the column ``cost`` less is better.

    A row is off it where another has a score as high for less, or a higher one for no more.
    """
    ordered = summary.sort_values([cost, score], ascending=[True, False], kind="stable")
    highest = ordered.groupby(cost, sort=False)[score].max().cummax()
    before = highest.shift(fill_value=float("-inf"))
    own = ordered[score].astype(float)
    best_here = ordered[cost].map(highest).astype(float)
    best_cheaper = ordered[cost].map(before).astype(float)
    return ((own == best_here) & (own > best_cheaper)).reindex(summary.index)
