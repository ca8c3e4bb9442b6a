import pandas as pd
import pytest

from convbench.analysis.convergence import TimeToTargetRow
from convbench.report.text import titles
from convbench.results.rows import table
from convbench.results.schema import EffectRow, VarianceRow


def configurations(**columns):
    size = len(next(iter(columns.values())))
    base = {"dataset": "zoo", "architecture": "net", "augmentation": "none"}
    return pd.DataFrame({name: [value] * size for name, value in base.items()} | columns)


def test_the_leading_strategy_is_named_at_each_size():
    summary = configurations(
        label=["scratch", "tuned", "scratch", "tuned"],
        train_size=[50, 50, 1000, 1000],
        test_score=[0.5, 0.6, 0.9, 0.8],
    )

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: in mean test accuracy, tuned leads by 10.0 points with 50 images, scratch by 10.0 points "
        "with 1,000 images"
    )


def test_strategies_are_compared_on_what_all_were_combined_with():
    summary = configurations(
        label=["scratch", "tuned", "tuned"], train_size=50, test_score=[0.5, 0.6, 0.1]
    ).assign(architecture=["net", "net", "other"])

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: in mean test accuracy, tuned leads by 10.0 points with 50 images"
    )


def test_one_strategy_leads_no_other():
    summary = configurations(label=["scratch", "scratch"], train_size=[50, 90], test_score=[0.5, 0.625])

    assert titles.by_size("zoo", summary, "accuracy") == "zoo: test accuracy from 50.0% to 62.5%"


def test_strategies_without_a_common_configuration_are_not_ranked():
    summary = configurations(label=["scratch", "tuned"], train_size=50, test_score=[0.5, 0.9]).assign(
        architecture=["net", "other"]
    )

    assert titles.by_size("zoo", summary, "accuracy") == (
        "zoo: no configuration exists with every strategy"
    )


@pytest.mark.parametrize(
    ("front", "count"),
    [([True, False], "1 of 2 configurations is"), ([True, True], "2 of 2 configurations are")],
)
def test_configurations_on_the_front_are_counted(front, count):
    found = titles.by_seconds("zoo", pd.DataFrame({"front": front}))

    assert found == f"zoo: {count} on the Pareto front of training time and score"


def test_the_strategies_that_converge_first_and_last_are_named():
    converged = configurations(
        label=["scratch", "tuned"], train_size=50, epochs_to_95_percent=[8.0, 2.5]
    )

    assert titles.by_epoch("zoo", converged) == (
        "zoo: runs with tuned need the fewest epochs to 95% of their own best score (2.5 on average), "
        "with scratch the most (8.0)"
    )


def test_convergence_is_compared_on_what_all_strategies_were_combined_with():
    converged = configurations(
        label=["scratch", "tuned", "tuned"], train_size=50, epochs_to_95_percent=[4.0, 3.0, 20.0]
    ).assign(architecture=["net", "net", "other"])

    found = titles.by_epoch("zoo", converged)

    assert "(3.0 on average)" in found
    assert "the most (4.0)" in found


def test_one_strategy_converges_after_its_mean_number_of_epochs():
    converged = configurations(label=["a", "a"], train_size=[50, 90], epochs_to_95_percent=[1.0, 4.0])

    assert titles.by_epoch("zoo", converged) == (
        "zoo: runs reach 95% of their own best score after 2.5 epochs on average"
    )


def test_the_highest_mean_over_epochs_is_that_of_a_configuration():
    converged = configurations(label=["a", "a", "b"], train_size=50, mean_score=[0.5, 0.9, 0.8])

    assert titles.by_mean_score("zoo", converged) == (
        "zoo: net, b, none has the highest validation score averaged over all epochs, 80.0%"
    )


def _effect(factor, level, baseline, difference, *, significant=True):
    return EffectRow(
        dataset="zoo",
        factor=factor,
        level=level,
        baseline=baseline,
        difference=difference,
        low=None,
        high=None,
        p=None,
        p_holm=None,
        better=1,
        pairs=2,
        significant=significant,
    )


def test_the_largest_significant_effect_is_named():
    effects = table(
        [
            _effect("strategy", "tuned", "scratch", -0.1),
            _effect("train_size", "1000", "50", 0.05),
            _effect("strategy", "odd", "scratch", 0.9, significant=False),
        ],
        EffectRow,
    )

    assert titles.by_factor("zoo", effects) == (
        "zoo: tuned has the largest effect, −10.0 points against scratch"
    )
    assert titles.by_factor("zoo", effects[1:2]) == (
        "zoo: 1,000 images has the largest effect, +5.0 points against 50 images"
    )
    assert titles.by_factor("zoo", effects[2:]) == "zoo: no factor has a significant effect"


def test_the_first_rank_is_named_where_ranks_differ_significantly():
    ranks = pd.Series({"net tuned none": 1.25, "net scratch none": 1.75})

    assert titles.by_rank(ranks, 0.01) == (
        "Over all datasets, net tuned none ranks first (1.2 on average)"
    )
    assert "not significantly different" in titles.by_rank(ranks, 0.2)
    assert "not significantly different" in titles.by_rank(ranks, float("nan"))  # all scores tie


def _variance(factor, partner, share, *, significant=True):
    return VarianceRow(
        dataset="zoo",
        factor=factor,
        partner=partner,
        eta_squared=share,
        p_holm=None,
        significant=significant,
    )


def test_the_term_that_explains_most_variance_is_named():
    variance = table(
        [
            _variance("train_size", "", 0.3),
            _variance("strategy", "train_size", 0.5),
            _variance("augmentation", "", 0.6, significant=False),
        ],
        VarianceRow,
    )

    assert titles.by_variance("zoo", variance) == (
        "zoo: the interaction of strategy and train size explains the most variance between runs, 50.0%"
    )
    assert titles.by_variance("zoo", variance[:1]) == (
        "zoo: train size explains 30.0% of the variance between runs"
    )
    assert titles.by_variance("zoo", variance[2:]) == (
        "zoo: no factor explains a significant share of the variance"
    )


def test_architectures_on_the_front_of_inference_time_are_named_the_fastest_first():
    task = pd.DataFrame(
        {
            "architecture": ["slow", "fast", "poor", "fast"],
            "inference_ms": [9.0, 1.0, 5.0, 1.0],
            "front_inference_ms": [True, True, False, False],
        }
    )

    assert titles.by_cost("zoo", task) == (
        "zoo: on the Pareto front of inference time and score, the fastest first: fast, slow"
    )


@pytest.mark.parametrize(
    ("low", "high", "time"),
    [(0.25, 140.0, "1.5 s (95% confidence interval 0.25 to 140)"), (None, None, "1.5 s")],
)
def test_the_first_at_the_target_is_named_with_its_interval(low, high, time):
    rows = [
        TimeToTargetRow(
            dataset="zoo",
            train_size=1000,
            architecture=name,
            label="s",
            augmentation="none",
            seeds=2,
            reached=2,
            seconds=seconds,
            low=least,
            high=most,
        )
        for name, seconds, least, most in (("a", 9.0, 1.0, 20.0), ("b", 1.5, low, high))
    ]

    assert titles.by_target("zoo", table(rows, TimeToTargetRow)) == (
        f"zoo: with 1,000 images, the first to reach 80% on validation is b, s, none: {time}"
    )


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ([7, 7], "Every configuration trains 7 parameters"),
        ([7, 4000], "Configurations train from 7 to 4,000 parameters"),
    ],
)
def test_the_range_of_trained_parameters_is_stated(counts, title):
    assert titles.by_parameters(pd.DataFrame({"params_trainable": counts})) == title
