import pandas as pd

from convbench.report.text.findings import findings, score_name, transfers
from convbench.results.rows import table
from convbench.results.schema import ConfigurationRow, EffectRow, RunRow, VarianceRow


def _runs(scores, architecture="net", dataset="zoo", score="accuracy", weights="random", strategy=None):
    return table(
        [
            RunRow(
                run_id=f"{dataset}@{size}/{architecture}/{label}/{augmentation}/s{seed}",
                dataset=dataset,
                train_size=size,
                architecture=architecture,
                label=label,
                strategy=strategy or label,
                augmentation=augmentation,
                seed=seed,
                weights=weights if label != "scratch" else "random",
                outcome="finished",
                score=score,
                val_score=test,
                test_score=test,
                train_seconds=seconds,
                params_trainable=1,
                params_total=1,
                macs=1,
                threads=1,
                left_out=0,
                label_breaking="",
                rate_warning="",
                rate_ratio=None,
                trains="all",
                modality=None,
                family=None,
                depth=None,
                plain=False,
                log=None,
                folder="",
            )
            for (size, label, augmentation, seed), (test, seconds) in scores.items()
        ],
        RunRow,
    )


NONE = {
    "configurations": table([], ConfigurationRow),
    "effects": table([], EffectRow),
    "variance": table([], VarianceRow),
}
ZOO = _runs({(50, "scratch", "none", 0): (0.5, 2.0)})
TWO_PRICES = {(900, "scratch", "none", 0): (0.900, 2.0), (900, "fine_tune", "none", 0): (0.895, 0.5)}


def _texts(runs, **tables):
    return [sentence.text for sentence in findings(runs, **NONE | tables)]


def _effect(level, difference, *, factor="strategy", baseline="scratch", pairs=6, **more):
    values = {
        "low": difference - 0.01 if pairs > 1 else None,
        "high": difference + 0.01 if pairs > 1 else None,
        "significant": pairs > 1,
    }
    return EffectRow(
        dataset="zoo",
        factor=factor,
        level=level,
        baseline=baseline,
        difference=difference,
        p=None,
        p_holm=None,
        better=5,
        pairs=pairs,
        **values | more,
    )


def _of_effects(*rows, runs=ZOO):
    return _texts(runs, effects=table(rows, EffectRow))[0]


def test_the_largest_effects_come_first_and_those_not_significant_by_name():
    found = _of_effects(
        _effect("frozen", 0.02), _effect("tuned", -0.125), _effect("slow", 0.001, significant=False)
    )

    assert found == (
        "On zoo, effects of the strategy on the test accuracy, against scratch: "
        "tuned −12.5 points [95% confidence interval −13.5 to −11.5; better in 5 of 6 pairs]; "
        "frozen +2.0 points [95% confidence interval +1.0 to +3.0; better in 5 of 6 pairs]. "
        "Not significant on average: slow."
    )


def test_an_effect_is_given_at_each_training_size():
    scores = {
        (50, "scratch", "none", 0): (0.5, 2.0),
        (50, "tuned", "none", 0): (0.6, 2.0),
        (900, "scratch", "none", 0): (0.9, 2.0),
        (900, "tuned", "none", 0): (0.89, 2.0),
    }

    found = _of_effects(_effect("tuned", 0.045), runs=_runs(scores))

    assert found.endswith("pairs] (+10.0 with 50, −1.0 with 900 images).")


def test_a_factor_without_a_significant_effect_has_a_sentence_of_its_own():
    found = _of_effects(
        _effect("mixup", 0.001, significant=False, factor="augmentation", baseline="none")
    )

    assert found == (
        "On zoo, the augmentation has no significant effect on the test accuracy, on average: mixup "
        "against none."
    )


def test_the_significance_of_one_pair_cannot_be_assessed():
    found = _of_effects(_effect("900", 0.1, factor="train_size", baseline="50", pairs=1))

    assert "effects of the number of training images (which also sets the number of epochs)" in found
    assert "against 50 images: 900 images +10.0 points in one pair" in found
    assert found.endswith("(significance cannot be assessed).")


def test_nor_can_that_of_equal_pairs():
    found = _of_effects(
        _effect(
            "900",
            0.1,
            factor="train_size",
            baseline="50",
            pairs=2,
            low=None,
            high=None,
            significant=False,
        )
    )

    assert "900 images +10.0 points in each of 2 pairs (significance cannot be assessed)." in found


def test_more_levels_than_a_sentence_holds_are_counted():
    found = _of_effects(*(_effect(f"s{number}", 0.1 + number / 100) for number in range(6)))

    assert found.endswith("; 2 smaller effects.")
    assert "s1 " not in found


def _term(partner, share, *, significant=True):
    return VarianceRow(
        dataset="zoo",
        factor="strategy",
        partner=partner,
        eta_squared=share,
        p_holm=None,
        significant=significant,
    )


def test_significant_interactions_are_stated():
    terms = [_term("train_size", 0.2), _term("augmentation", 0.1, significant=False), _term("", 0.5)]

    sentence, _ = _texts(ZOO, variance=table(terms, VarianceRow))

    assert sentence == (
        "On zoo, the effect of the strategy depends on the number of training images "
        "(20.0% of the variance between runs)."
    )


def _configuration(label, *, best=False, not_different=True, difference=-0.1, seeds=2):
    return ConfigurationRow(
        dataset="zoo",
        train_size=1000,
        architecture="net",
        label=label,
        augmentation="none",
        seeds=seeds,
        planned=seeds,
        best=best,
        not_different=not_different,
        difference=None if best else difference,
        compared=None if best else seeds,
    )


def _of_configurations(*others, seeds=2):
    rows = [_configuration("a", best=True, seeds=seeds), *others]
    return _texts(ZOO, configurations=table(rows, ConfigurationRow))[0]


def test_configurations_not_significantly_different_from_the_best_are_counted_and_named():
    found = _of_configurations(_configuration("b"), _configuration("c", not_different=False))

    assert found == (
        "Configurations not significantly different from the best: "
        "with 1,000 images of zoo, 1 of the other 2 (net b none)."
    )


def test_those_better_than_what_validation_chose_are_counted_too():
    better = _configuration("c", not_different=False, difference=0.08)

    found = _of_configurations(_configuration("b"), better)

    assert found.endswith("1 of the other 2 (net b none), and 1 significantly better.")


def test_many_are_counted_only():
    found = _of_configurations(*(_configuration(name) for name in "bcdef"))

    assert found.endswith("with 1,000 images of zoo, 5 of the other 5.")


def test_of_one_seed_less_is_known():
    found = _of_configurations(_configuration("b", seeds=1), seeds=1)

    assert found.endswith("this holds for these trained networks; another seed may differ.")


def test_the_fastest_within_a_point_of_the_best_is_named_with_both_prices():
    cost = _texts(_runs(TWO_PRICES))[-1]

    assert "net with fine_tune and none: test accuracy 89.5% after 0.5 s" in cost
    assert "against 90.0% after 2.0 s for the best." in cost


def test_pretraining_is_not_in_the_price_of_transfer():
    without = "These seconds do not include pretraining."

    assert _texts(_runs(TWO_PRICES, weights="letters"))[-1].endswith(without)
    assert without not in _texts(_runs(TWO_PRICES))[-1]


def test_where_nothing_is_faster_that_is_stated():
    assert _texts(ZOO) == [
        "On zoo with 50 training images, among the configurations within one point of the best on "
        "validation, none trains faster than the best with every seed: its slowest run against the "
        "fastest of the best."
    ]


def test_the_fastest_is_of_the_same_dataset_as_the_best():
    zoo = _runs({(50, "scratch", "none", 0): (0.90, 9.0)})
    rival = _runs({(50, "scratch", "none", 0): (0.90, 0.1)}, "rival", "farm")

    assert "rival" not in _texts(pd.concat([zoo, rival], ignore_index=True))[-1]


def test_every_sentence_leads_to_a_part_of_the_report():
    rows = [_configuration("a", best=True), _configuration("b")]
    tables = {
        "configurations": table(rows, ConfigurationRow),
        "effects": table([_effect("tuned", 0.1)], EffectRow),
    }

    links = [sentence.link for sentence in findings(ZOO, **NONE | tables)]

    assert links == ["#leaderboard", "factors.html", "cost.html"]


def test_without_finished_runs_there_is_nothing_to_compare():
    assert _texts(ZOO.assign(outcome="failed")) == ["No run finished: there is nothing to compare."]


def test_transfer_is_compared_with_scratch_whatever_its_label():
    scratch = _runs({(50, "from_random", "none", 0): (0.5, 2.0)}, strategy="scratch")
    tuned = _runs({(50, "fine_tune", "none", 0): (0.6, 2.0)})

    (found,) = transfers(pd.concat([scratch, tuned]))

    assert (found.strategy, round(found.overall.mean, 3)) == ("fine_tune", 0.1)


def test_the_gain_of_each_architecture_is_kept_apart():
    scores = {(50, "scratch", "none", 0): (0.5, 2.0), (50, "fine_tune", "none", 0): (0.6, 2.0)}
    worse = scores | {(50, "fine_tune", "none", 0): (0.3, 2.0)}

    (found,) = transfers(pd.concat([_runs(scores, "wide"), _runs(worse, "deep")]))

    assert (found.dataset, found.size, found.strategy) == ("zoo", 50, "fine_tune")
    assert (round(found.overall.mean, 3), found.overall.better, found.overall.pairs) == (-0.05, 1, 2)
    means = {name: round(difference.mean, 3) for name, difference in found.by_architecture.items()}
    assert means == {"wide": 0.1, "deep": -0.2}


def test_another_score_is_called_by_its_title():
    runs = _runs({(50, "scratch", "none", 0): (0.5, 2.0)}, score="mean_average_precision")

    assert "on the test mean average precision, against scratch: " in _of_effects(
        _effect("tuned", 0.1), runs=runs
    )


def test_datasets_that_differ_in_their_score_share_no_name_for_it():
    farm = _runs(
        {(50, "scratch", "none", 0): (0.5, 2.0)}, dataset="farm", score="mean_average_precision"
    )

    assert score_name(pd.concat([ZOO, farm])) == "score"
