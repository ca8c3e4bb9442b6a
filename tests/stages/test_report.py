import pandas as pd
import pytest

from convbench.analysis.convergence import time_to_target
from convbench.stages.grid import plan
from convbench.stages.report import _learned, _mixed, _question, _uneven

MACHINE = {"commit": "a", "processor": "one", "cores": 2, "runs": 3}


def test_the_question_names_what_is_compared_and_what_is_given(values):
    runs = pd.DataFrame({"dataset": ["digits"], "train_size": [20]})
    given, then = "With 20 training images of digits", "and what does it cost?"

    assert _question(plan(values, "a.yaml"), runs) == (
        f"{given}: which of 2 architectures, 2 strategies and 2 augmentations is best, {then}"
    )
    values["architectures"] = ["resnet20"]
    assert _question(plan(values, "a.yaml"), runs) == (
        f"{given} (architecture resnet20): which of 2 strategies and 2 augmentations is best, {then}"
    )
    values["augmentations"], values["strategies"] = (
        ["none"],
        {"scratch": values["strategies"]["scratch"]},
    )
    values["pretraining"] = {}
    assert _question(plan(values, "a.yaml"), runs) == (
        f"{given} (architecture resnet20, strategy scratch, augmentation none): how good is it, {then}"
    )


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, []),
        ({"commit": "b"}, ["2 commits"]),
        ({"processor": "two"}, ["2 different surroundings"]),
        ({"processor": "two", "commit": "b"}, ["2 different surroundings", "2 commits"]),
    ],
)
def test_machines_and_commits_that_were_mixed_are_told_apart(other, said):
    found = _mixed([MACHINE, {**MACHINE, **other, "runs": 5}])

    assert [part in line for part, line in zip(said, found, strict=True)] == [True] * len(said)


def test_runs_that_did_not_finish_have_learned_nothing_and_are_counted():
    """One of them never saw an epoch, the other reached the target before it diverged."""
    runs = pd.DataFrame({"run_id": ["a0", "a1", "a2"], "cell": "a"})
    runs["outcome"] = ["finished", "failed", "diverged"]
    convergence = pd.DataFrame({"run_id": ["a0", "a2"], "seconds_to_target": [9.0, 1.0]})

    learned = _learned(convergence, runs)

    (timed,) = time_to_target(learned, ["cell"], ["cell"]).to_dict("records")
    assert (timed["seeds"], timed["reached"], timed["seconds"]) == (3, 1, pytest.approx(9.0))


def test_seconds_that_differ_between_like_runs_are_called_rough():
    summary = pd.DataFrame({"seconds_low": [1.0, 10.0], "seconds_high": [1.2, 31.0]})

    (said,) = _uneven(summary)

    assert "3.1-fold" in said
    assert _uneven(summary[:1]) == []
