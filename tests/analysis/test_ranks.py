import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from convbench.analysis.ranks import ranking


def summary(scores, size=100):
    """Make scores: dataset -> way -> mean test score."""
    return pd.DataFrame(
        [
            {
                "dataset": dataset,
                "train_size": size,
                "architecture": way,
                "label": "scratch",
                "augmentation": "none",
                "test_score": test,
            }
            for dataset, ways in scores.items()
            for way, test in ways.items()
        ]
    )


def drawn(datasets=8, ways=4):
    values = np.random.default_rng(0).random((datasets, ways))
    return values, summary(
        {
            f"d{row}": {f"w{way}": value for way, value in enumerate(own)}
            for row, own in enumerate(values)
        }
    )


def test_ranks_and_friedmans_test():
    values, scores = drawn()

    found = ranking(scores)

    ranks = dict(enumerate(stats.rankdata(-values, axis=1).mean(axis=0)))
    assert found.ranks.to_dict() == {f"w{way} scratch none": rank for way, rank in ranks.items()}
    assert found.ranks.is_monotonic_increasing
    assert found.p == pytest.approx(stats.friedmanchisquare(*values.T).pvalue)


def test_nemenyis_test_is_that_of_the_studentised_range():
    _, scores = drawn()

    found = ranking(scores)

    error = math.sqrt(4 * 5 / (6 * 8))
    for one in found.ranks.index:
        for other in found.ranks.index:
            gap = abs(found.ranks[one] - found.ranks[other]) / error * math.sqrt(2)
            expected = stats.studentized_range.sf(gap, 4, np.inf)
            assert found.pairs.loc[one, other] == pytest.approx(expected, abs=1e-6)


def test_each_dataset_is_ranked_at_its_largest_size_and_only_over_what_all_have():
    scores = {name: {"a": 0.9, "b": 0.8, "c": 0.7} for name in ("x", "y", "z")}
    scores["x"]["alone"] = 1.0
    small = summary({"x": {"a": 0.1, "b": 0.2, "c": 0.3}}, size=10)

    found = ranking(pd.concat([summary(scores), small]))

    assert found.ranks.to_dict() == {
        "a scratch none": 1.0,
        "b scratch none": 2.0,
        "c scratch none": 3.0,
    }
    assert (found.datasets, found.left_out) == (3, 1)


@pytest.mark.parametrize(("datasets", "ways"), [(2, 5), (5, 2)])
def test_few_datasets_or_ways_have_no_ranking(datasets, ways):
    assert ranking(drawn(datasets, ways)[1]) is None
