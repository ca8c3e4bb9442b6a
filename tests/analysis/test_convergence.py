import numpy as np
import pandas as pd
import pytest
from scipy import stats

from convbench.analysis.convergence import convergence, time_to_target


def epochs(run, *scores, training=0.9):
    return pd.DataFrame(
        {
            "run_id": run,
            "epoch": range(1, len(scores) + 1),
            "val_score": scores,
            "val_accuracy": scores,
            "train_accuracy": training,
            "seconds": 2.0,
        }
    )


def test_the_time_to_a_target_ends_with_the_epoch_that_reaches_it():
    found = convergence(epochs("a", 0.5, 0.7, 0.85, 0.75, 0.9)).loc[0]

    assert (found["epochs_to_target"], found["seconds_to_target"]) == (3, 6.0)


def test_scores_of_several_labels_have_no_gap():
    several = epochs("a", 0.4, 0.6).assign(train_accuracy=None, val_accuracy=None)

    assert pd.isna(convergence(several).loc[0, "gap"])


def test_a_target_that_is_never_reached_is_missing_not_late():
    found = convergence(epochs("a", 0.5, 0.7)).loc[0]

    assert pd.isna(found["epochs_to_target"])
    assert pd.isna(found["seconds_to_target"])
    assert convergence(epochs("a", 0.5, 0.7), target=0.6).loc[0, "epochs_to_target"] == 2


def test_near_is_95_percent_of_the_runs_own_best():
    found = convergence(epochs("a", 0.3, 0.38, 0.40, 0.36)).loc[0]

    assert (found["epochs_to_near"], found["seconds_to_near"]) == (2, 4.0)


def test_area_gap_and_instability_by_hand():
    found = convergence(epochs("a", 0.4, 0.6, 0.5, 0.7, training=0.95)).loc[0]

    assert found["area"] == pytest.approx(0.55)
    assert found["gap"] == pytest.approx(0.25)
    assert found["instability"] == pytest.approx(0.1 / 3)


def test_epochs_out_of_order_and_several_runs():
    both = pd.concat([epochs("a", 0.5, 0.9), epochs("b", 0.9, 0.5)]).iloc[::-1]

    assert convergence(both).set_index("run_id")["epochs_to_target"].to_dict() == {"a": 2, "b": 1}


def timed(**seconds: list[float | None]) -> pd.DataFrame:
    rows = [(cell, each) for cell, own in seconds.items() for each in own]
    return pd.DataFrame(rows, columns=["cell", "seconds_to_target"])


def test_time_to_the_target_has_the_interval_of_its_logarithms():
    found = time_to_target(timed(a=[1.0, 2.0, 4.0]), ["cell"]).loc[0]

    low, high = stats.t.interval(0.95, 2, loc=np.log(2), scale=stats.sem(np.log([1, 2, 4])))
    assert found["seconds"] == pytest.approx(2)
    assert (found["low"], found["high"]) == pytest.approx((np.exp(low), np.exp(high)))


def test_who_does_not_reach_the_target_is_counted_and_not_timed():
    found = time_to_target(timed(a=[1.0, None], b=[None]), ["cell"]).set_index("cell")

    assert found["seeds"].to_dict() == {"a": 2, "b": 1}
    assert found["reached"].to_dict() == {"a": 1, "b": 0}
    assert found.loc["a", "seconds"] == 1
    assert pd.isna(found.loc["a", "low"])
    assert pd.isna(found.loc["b", "seconds"])
