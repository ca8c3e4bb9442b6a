import pandas as pd
import pytest

from convbench.analysis import titles


def cells(**columns):
    size = len(next(iter(columns.values())))
    base = {"dataset": "zoo", "architecture": "net", "augmentation": "none"}
    return pd.DataFrame({name: [value] * size for name, value in base.items()} | columns)


def test_who_is_ahead_at_which_size():
    summary = cells(
        strategy=["scratch", "tuned", "scratch", "tuned"],
        train_size=[50, 50, 1000, 1000],
        test=[0.5, 0.6, 0.9, 0.8],
    )

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: ahead on average tuned by +10.0 points with 50 images, scratch by +10.0 "
        "points with 1,000 images"
    )


def test_only_cells_that_every_strategy_has_are_compared():
    summary = cells(strategy=["scratch", "tuned", "tuned"], train_size=50, test=[0.5, 0.6, 0.1]).assign(
        architecture=["net", "net", "other"]
    )

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: ahead on average tuned by +10.0 points with 50 images"
    )


def test_one_strategy_has_nobody_to_be_ahead_of():
    summary = cells(strategy=["scratch", "scratch"], train_size=[50, 90], test=[0.5, 0.625])

    assert titles.by_size("zoo", summary, "accuracy") == "zoo: test accuracy from 50.0% to 62.5%"


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ([True, False], "1 of 2 combinations is beaten by no other in both time and score"),
        ([True, True], "2 of 2 combinations are beaten by no other in both time and score"),
    ],
)
def test_how_many_are_worth_their_time(front, said):
    assert titles.by_seconds("zoo", pd.DataFrame({"front": front})) == f"zoo: {said}"


def test_who_converges_first():
    converged = cells(strategy=["scratch", "tuned"], train_size=50, epochs_to_near=[8.0, 2.5])

    assert titles.by_epoch("zoo", converged) == (
        "zoo: tuned is first to 95% of its own best, after 2.5 epochs on average (the "
        "slowest: scratch, 8.0)"
    )


def test_who_converges_first_is_told_over_cells_that_all_have():
    converged = cells(
        strategy=["scratch", "tuned", "tuned"], train_size=50, epochs_to_near=[4.0, 3.0, 20.0]
    ).assign(architecture=["net", "net", "other"])

    assert titles.by_epoch("zoo", converged) == (
        "zoo: tuned is first to 95% of its own best, after 3.0 epochs on average (the "
        "slowest: scratch, 4.0)"
    )


def test_strategies_without_a_common_cell_are_not_ranked():
    summary = cells(strategy=["scratch", "tuned"], train_size=50, test=[0.5, 0.9]).assign(
        architecture=["net", "other"]
    )

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: no combination was tried with every strategy"
    )


def test_the_largest_effect_that_is_seen():
    effects = pd.DataFrame(
        {
            "factor": ["strategy", "train_size", "strategy"],
            "level": ["tuned", "1000", "odd"],
            "baseline": ["scratch", "50", "scratch"],
            "difference": [-0.1, 0.05, 0.9],
            "seen": [True, True, False],
        }
    )

    assert titles.by_factor("zoo", effects) == (
        "zoo: the largest effect is of tuned, −10.0 points against scratch"
    )
    assert titles.by_factor("zoo", effects[1:2]).startswith("zoo: the largest effect is of 1,000 images")
    assert titles.by_factor("zoo", effects[2:]) == "zoo: no choice shows an effect beyond chance"


def test_who_ranks_first():
    ranks = pd.Series({"net tuned none": 1.25, "net scratch none": 1.75})

    assert titles.by_rank(ranks, 0.01) == (
        "Over all datasets, net tuned none ranks first (1.2 on average)"
    )
    assert "beyond chance" in titles.by_rank(ranks, 0.2)
    assert "beyond chance" in titles.by_rank(ranks, float("nan"))  # all scores tie


def test_what_explains_most():
    variance = pd.DataFrame(
        {
            "factor": ["train_size", "strategy", "augmentation"],
            "with": ["", "train_size", ""],
            "share": [0.3, 0.5, 0.6],
            "seen": [True, True, False],
        }
    )

    assert titles.by_share("zoo", variance) == (
        "zoo: strategy and train size explain more than any other choice (50.0%)"
    )
    assert titles.by_share("zoo", variance[:1]) == (
        "zoo: train size explains 30.0% of what differs between runs"
    )
    assert titles.by_share("zoo", variance[2:]) == "zoo: no choice explains more than chance would"


def test_networks_that_are_worth_their_inference_time_are_named_the_fastest_first():
    task = pd.DataFrame(
        {
            "architecture": ["slow", "fast", "poor", "fast"],
            "predict_ms": [9.0, 1.0, 5.0, 1.0],
            "front_predict_ms": [True, True, False, False],
        }
    )

    assert (
        titles.by_cost("zoo", task) == "zoo: worth their inference time, the fastest first: fast, slow"
    )


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.25, 140.0, "1.5 s (0.25 to 140)"), (None, None, "1.5 s")]
)
def test_the_first_at_the_target_is_named_with_its_interval(low, high, said):
    cells = pd.DataFrame(
        {
            "architecture": ["a", "b"],
            "strategy": "s",
            "augmentation": "none",
            "train_size": 1000,
            "seconds": [9.0, 1.5],
            "low": [1.0, low],
            "high": [20.0, high],
        }
    )

    assert (
        titles.by_target("zoo", cells)
        == f"zoo: with 1,000 images, the fastest to 80% on validation is b, s, none: {said}"
    )
