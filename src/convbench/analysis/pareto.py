"""What is worth its cost: the cells that no other beats in both score and cost."""

import pandas as pd


def front(cells: pd.DataFrame, cost: str, score: str = "test") -> pd.Series:
    """Return which cells lie on the Pareto front, a bool each; of the column ``cost`` less is better.

    A cell is off it where another has a score as high for less, or a higher one for no more.
    """
    ordered = cells.sort_values([cost, score], ascending=[True, False], kind="stable")
    highest = ordered.groupby(cost, sort=False)[score].max().cummax()
    before = highest.shift(fill_value=float("-inf"))
    own = ordered[score].astype(float)
    best_here = ordered[cost].map(highest).astype(float)
    best_cheaper = ordered[cost].map(before).astype(float)
    return ((own == best_here) & (own > best_cheaper)).reindex(cells.index)
