import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api
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

    assert (found["epochs_to_95_percent"], found["seconds_to_95_percent"]) == (2, 4.0)


def test_area_gap_and_instability_by_hand():
    found = convergence(epochs("a", 0.4, 0.6, 0.5, 0.7, training=0.95)).loc[0]

    assert found["mean_score"] == pytest.approx(0.55)
    assert found["gap"] == pytest.approx(0.25)
    assert found["instability"] == pytest.approx(0.1 / 3)


def test_epochs_out_of_order_and_several_runs():
    both = pd.concat([epochs("a", 0.5, 0.9), epochs("b", 0.9, 0.5)]).iloc[::-1]

    assert convergence(both).set_index("run_id")["epochs_to_target"].to_dict() == {"a": 2, "b": 1}


def timed(**seconds: list[float | None]) -> pd.DataFrame:
    rows = [("task", configuration, each) for configuration, own in seconds.items() for each in own]
    return pd.DataFrame(rows, columns=["task", "configuration", "seconds_to_target"])


def times(runs: pd.DataFrame) -> pd.DataFrame:
    return time_to_target(runs, ["task", "configuration"], ["task"]).set_index("configuration")


def test_time_to_the_target_of_one_cell_has_the_interval_of_its_logarithms():
    found = times(timed(a=[1.0, 2.0, 4.0])).loc["a"]

    low, high = stats.t.interval(0.95, 2, loc=np.log(2), scale=stats.sem(np.log([1, 2, 4])))
    assert found["seconds"] == pytest.approx(2)
    assert (found["low"], found["high"]) == pytest.approx((np.exp(low), np.exp(high)))


def test_what_seeds_matter_is_learned_from_all_cells_of_a_task():
    runs = timed(a=[1.0, 2.0], b=[3.0, 9.0, 5.0], c=[7.0])
    logs = runs.assign(log=np.log(runs["seconds_to_target"].astype(float)))
    model = statsmodels.formula.api.ols("log ~ 0 + configuration", logs).fit()

    found = times(runs)

    for configuration in ("a", "b"):
        low, high = np.exp(model.conf_int().loc[f"configuration[{configuration}]"])
        assert (found.at[configuration, "low"], found.at[configuration, "high"]) == pytest.approx(
            (low, high)
        )
    assert pd.isna(found.at["c", "low"])
    alone = times(timed(a=[1.0, 2.0])).loc["a"]
    assert alone["high"] > 10 * found.at["a", "high"]


def test_one_tasks_seeds_say_nothing_of_anothers():
    other = timed(x=[1.0, 1000.0]).assign(task="other")

    found = times(pd.concat([timed(a=[1.0, 2.0]), other])).loc["a"]

    assert found["high"] == times(timed(a=[1.0, 2.0])).at["a", "high"]


def test_the_interval_covers_what_it_should():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(300):
        runs = timed(
            **{
                f"c{configuration}": list(rng.lognormal(configuration, 0.4, 2))
                for configuration in range(8)
            }
        )
        found = times(runs)
        truth = np.exp(np.arange(8))
        hits.append((found["low"] <= truth) & (truth <= found["high"]))

    assert 0.93 < np.mean(hits) < 0.97


def test_who_does_not_reach_the_target_is_counted_and_not_timed():
    found = times(timed(a=[1.0, None], b=[None]))

    assert found["seeds"].to_dict() == {"a": 2, "b": 1}
    assert found["reached"].to_dict() == {"a": 1, "b": 0}
    assert found.loc["a", "seconds"] == 1
    assert pd.isna(found.loc["a", "low"])
    assert pd.isna(found.loc["b", "seconds"])
