import pandas as pd
import pytest

from convbench.report.results import Environment
from convbench.report.text.warnings import mixed, uneven
from convbench.results.schema import SummaryRow

HOST = {"commit": "a", "processor": "one", "cores": 2}


@pytest.mark.parametrize(
    ("other", "parts"),
    [
        ({}, []),
        ({"commit": "b"}, ["2 commits"]),
        ({"processor": "two"}, ["2 different environments"]),
        ({"processor": "two", "commit": "b"}, ["2 different environments", "2 commits"]),
    ],
)
def test_environments_and_commits_that_were_mixed_are_told_apart(other, parts):
    found = mixed([Environment(HOST, 3), Environment({**HOST, **other}, 5)])

    assert [part in line for part, line in zip(parts, found, strict=True)] == [True] * len(parts)


def test_seconds_that_differ_between_like_runs_are_called_rough():
    summary = pd.DataFrame(
        {SummaryRow.train_seconds_min: [1.0, 10.0], SummaryRow.train_seconds_max: [1.2, 31.0]}
    )

    (warning,) = uneven(summary)

    assert "3.1-fold" in warning
    assert uneven(summary[:1]) == []
