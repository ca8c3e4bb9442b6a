import numpy as np
import pandas as pd

from convbench.analysis.pareto import front


def slow(cells):
    """Ask of each cell whether any other dominates it."""
    return [
        not any(
            (other.seconds <= own.seconds and other.test > own.test)
            or (other.seconds < own.seconds and other.test >= own.test)
            for other in cells.itertuples()
        )
        for own in cells.itertuples()
    ]


def test_the_front_of_many_is_that_of_comparing_each_with_each():
    draw = np.random.default_rng(0)
    for _ in range(50):
        cells = pd.DataFrame({"seconds": draw.integers(1, 9, 20), "test": draw.integers(1, 9, 20) / 10})

        assert front(cells, "seconds").tolist() == slow(cells)


def test_the_order_of_the_cells_is_kept():
    cells = pd.DataFrame({"seconds": [3, 1, 2], "test": [0.9, 0.5, 0.4]}, index=[7, 8, 9])

    assert front(cells, "seconds").to_dict() == {7: True, 8: True, 9: False}
