import numpy as np
import pandas as pd

from convbench.analysis.pareto import front


def slow(points):
    """Ask of each point whether any other dominates it."""
    return [
        not any(
            (other.seconds <= own.seconds and other.test_score > own.test_score)
            or (other.seconds < own.seconds and other.test_score >= own.test_score)
            for other in points.itertuples()
        )
        for own in points.itertuples()
    ]


def test_the_front_of_many_is_that_of_comparing_each_with_each():
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = pd.DataFrame(
            {"seconds": rng.integers(1, 9, 20), "test_score": rng.integers(1, 9, 20) / 10}
        )

        assert front(points, "seconds").tolist() == slow(points)


def test_the_order_of_the_cells_is_kept():
    points = pd.DataFrame({"seconds": [3, 1, 2], "test_score": [0.9, 0.5, 0.4]}, index=[7, 8, 9])

    assert front(points, "seconds").to_dict() == {7: True, 8: True, 9: False}
