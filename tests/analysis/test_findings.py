import pandas as pd

from convbench.analysis.findings import findings, score_name, transfers
from convbench.analysis.tables import (
    COMPARISON_COLUMNS,
    EFFECT_COLUMNS,
    RUN_COLUMNS,
    SHARE_COLUMNS,
    table,
)


def _runs(scores, architecture="net", dataset="zoo", score="accuracy"):
    rows = []
    for (size, strategy, augmentation, seed), (test, seconds) in scores.items():
        rows.append(
            {
                "run_id": f"zoo@{size}/net/{strategy}/{augmentation}/s{seed}",
                "dataset": dataset,
                "train_size": size,
                "architecture": architecture,
                "strategy": strategy,
                "method": strategy,
                "augmentation": augmentation,
                "seed": seed,
                "outcome": "finished",
                "score": score,
                "val_score": test,
                "test_score": test,
                "train_seconds": seconds,
                "params_trainable": 1,
                "params_total": 1,
                "macs": 1,
            }
        )
    return table(rows, RUN_COLUMNS)


NONE = {
    "comparisons": table([], COMPARISON_COLUMNS),
    "effects": table([], EFFECT_COLUMNS),
    "variance": table([], SHARE_COLUMNS),
}


def _said(runs, **tables):
    return [sentence.text for sentence in findings(runs, **NONE | tables)]


ZOO = _runs({(50, "scratch", "none", 0): (0.5, 2.0)})


def _effect(level, difference, *, seen=True, factor="strategy", baseline="scratch", pairs=6):
    return {
        "dataset": "zoo",
        "factor": factor,
        "level": level,
        "baseline": baseline,
        "difference": difference,
        "low": difference - 0.01 if pairs > 1 else None,
        "high": difference + 0.01 if pairs > 1 else None,
        "better": 5,
        "pairs": pairs,
        "seen": seen,
    }


def test_effects_are_said_largest_first_and_those_not_seen_by_name():
    rows = [_effect("frozen", 0.02), _effect("tuned", -0.125), _effect("slow", 0.001, seen=False)]

    sentence, _ = _said(ZOO, effects=table(rows, EFFECT_COLUMNS))

    assert sentence == (
        "On zoo, the strategy changed the test accuracy against scratch: "
        "tuned by −12.5 points [−13.5 to −11.5; better in 5 of 6]; "
        "frozen by +2.0 points [+1.0 to +3.0; better in 5 of 6]; "
        "no effect beyond chance is seen on average of slow."
    )


def test_an_effect_is_said_at_each_training_size():
    scores = {
        (50, "scratch", "none", 0): (0.5, 2.0),
        (50, "tuned", "none", 0): (0.6, 2.0),
        (900, "scratch", "none", 0): (0.9, 2.0),
        (900, "tuned", "none", 0): (0.89, 2.0),
    }

    sentence, _ = _said(_runs(scores), effects=table([_effect("tuned", 0.045)], EFFECT_COLUMNS))

    assert sentence.endswith("better in 5 of 6] (+10.0 with 50, −1.0 with 900 images).")


def test_what_transfer_starts_from_is_said_to_be_apart_from_its_price():
    runs = _runs(
        {(900, "scratch", "none", 0): (0.900, 2.0), (900, "fine_tune", "none", 0): (0.895, 0.5)}
    )
    runs["weights"] = ["random", "letters"]

    assert _said(runs)[-1].endswith("What transfer starts from is not in these seconds.")
    assert _said(runs.assign(weights="random"))[-1].endswith("after 2.0 s.")


def test_a_factor_without_any_visible_effect_is_not_said_to_have_changed_anything():
    rows = [_effect("mixup", 0.001, seen=False, factor="augmentation", baseline="none")]

    sentence, _ = _said(ZOO, effects=table(rows, EFFECT_COLUMNS))

    assert sentence == (
        "On zoo, the augmentation did not visibly change the test accuracy against none: "
        "no effect beyond chance is seen on average of mixup."
    )


def test_one_pair_has_no_interval_to_say():
    rows = [_effect("900", 0.1, factor="train_size", baseline="50", pairs=1, seen=False)]

    sentence, _ = _said(ZOO, effects=table(rows, EFFECT_COLUMNS))

    assert (
        "a task with more training images (and epochs of its own) changed the test accuracy against "
        "50 images: " in sentence
    )
    assert "900 images by +10.0 points in one pair, which says nothing of chance." in sentence
    assert "no effect" not in sentence


def test_more_levels_than_a_sentence_holds_are_counted():
    rows = [_effect(f"s{number}", 0.1 + number / 100) for number in range(6)]

    sentence, _ = _said(ZOO, effects=table(rows, EFFECT_COLUMNS))

    assert sentence.endswith("; 2 more by less.")
    assert "s1 by" not in sentence


def test_what_hangs_on_what_is_said_where_it_is_seen():
    rows = [
        {"dataset": "zoo", "factor": "strategy", "with": "train_size", "share": 0.2, "seen": True},
        {"dataset": "zoo", "factor": "strategy", "with": "augmentation", "share": 0.1, "seen": False},
        {"dataset": "zoo", "factor": "strategy", "with": "", "share": 0.5, "seen": True},
    ]

    sentence, _ = _said(ZOO, variance=table(rows, SHARE_COLUMNS))

    assert sentence == (
        "On zoo, what the strategy buys depends on the number of training images "
        "(20.0% of the variance between runs)."
    )


def test_equal_pairs_have_none_either():
    row = _effect("900", 0.1, factor="train_size", baseline="50", pairs=2, seen=False)

    sentence, _ = _said(ZOO, effects=table([{**row, "low": None, "high": None}], EFFECT_COLUMNS))

    assert "900 images by +10.0 points in each of 2 pairs, which says nothing of chance." in sentence


def _cell(strategy, *, best=False, tied=True, compared=2, seeds=2, difference=-0.1):
    return {
        "dataset": "zoo",
        "train_size": 1000,
        "architecture": "net",
        "strategy": strategy,
        "augmentation": "none",
        "seeds": seeds,
        "best": best,
        "tied": tied,
        "difference": None if best else difference,
        "compared": None if best else compared,
    }


def test_ties_with_the_best_are_counted_and_named():
    cells = [_cell("a", best=True), _cell("b"), _cell("c", tied=False)]

    sentence, _ = _said(ZOO, comparisons=table(cells, COMPARISON_COLUMNS))

    assert sentence == (
        "Other ways to train that cannot be told from the best: "
        "with 1,000 images of zoo, 1 of 2 (net b none)."
    )


def test_those_that_are_better_than_what_validation_chose_are_counted_too():
    cells = [_cell("a", best=True), _cell("b"), _cell("c", tied=False, difference=0.08)]

    sentence, _ = _said(ZOO, comparisons=table(cells, COMPARISON_COLUMNS))

    assert sentence.endswith("1 of 2 (net b none), and 1 told to be better than it.")


def test_many_ties_are_counted_only():
    cells = [_cell("a", best=True), *(_cell(name) for name in "bcdef")]

    sentence, _ = _said(ZOO, comparisons=table(cells, COMPARISON_COLUMNS))

    assert sentence.endswith("with 1,000 images of zoo, 5 of 5.")


def test_one_seed_says_less():
    cells = [_cell("a", best=True, seeds=1), _cell("b", seeds=1)]

    sentence, _ = _said(ZOO, comparisons=table(cells, COMPARISON_COLUMNS))

    assert sentence.endswith("speaks of these trained networks, not of the ways to train.")


def test_the_cheapest_within_a_point_of_the_best_is_named_with_both_prices():
    runs = _runs(
        {(900, "scratch", "none", 0): (0.900, 2.0), (900, "fine_tune", "none", 0): (0.895, 0.5)}
    )

    cost = _said(runs)[-1]

    assert "net with fine_tune and none: test accuracy 89.5% after 0.5 s" in cost
    assert "against 90.0% after 2.0 s" in cost


def test_nothing_cheaper_is_said_too():
    assert _said(ZOO) == [
        "On zoo with 50 training images, nothing surely cheaper comes within a point of the "
        "best on validation."
    ]


def test_every_sentence_leads_to_a_part_of_the_report():
    cells = [_cell("a", best=True), _cell("b")]
    tables = {
        "comparisons": table(cells, COMPARISON_COLUMNS),
        "effects": table([_effect("tuned", 0.1)], EFFECT_COLUMNS),
    }

    links = [sentence.link for sentence in findings(ZOO, **NONE | tables)]

    assert links == ["#leaderboard", "factors.html", "cost.html"]


def test_nothing_finished_is_said():
    assert _said(ZOO.assign(outcome="failed")) == ["No run finished, so there is nothing to compare."]


def test_transfer_is_held_against_scratch_whatever_it_is_called():
    cells = {(50, "from_random", "none", 0): (0.5, 2.0), (50, "fine_tune", "none", 0): (0.6, 2.0)}
    runs = _runs(cells).replace({"method": {"from_random": "scratch"}})

    (found,) = transfers(runs)

    assert (found.strategy, found.overall.points) == ("fine_tune", "+10.0")


def test_what_each_architecture_gained_is_told_apart():
    cells = {(50, "scratch", "none", 0): (0.5, 2.0), (50, "fine_tune", "none", 0): (0.6, 2.0)}
    worse = cells | {(50, "fine_tune", "none", 0): (0.3, 2.0)}

    (found,) = transfers(pd.concat([_runs(cells, "wide"), _runs(worse, "deep")]))

    assert (found.dataset, found.size, found.strategy) == ("zoo", 50, "fine_tune")
    assert (found.overall.points, found.overall.better, found.overall.pairs) == ("−5.0", 1, 2)
    assert {name: d.points for name, d in found.by_architecture.items()} == {
        "wide": "+10.0",
        "deep": "−20.0",
    }


def test_the_cheapest_is_of_the_same_dataset_as_the_best():
    zoo = _runs({(50, "scratch", "none", 0): (0.90, 9.0)})
    rival = _runs({(50, "scratch", "none", 0): (0.90, 0.1)}, "rival", "farm")

    assert "rival" not in _said(pd.concat([zoo, rival], ignore_index=True))[-1]


def test_another_score_is_said_by_its_name():
    runs = _runs({(50, "scratch", "none", 0): (0.5, 2.0)}, score="mean_average_precision")

    sentence, _ = _said(runs, effects=table([_effect("tuned", 0.1)], EFFECT_COLUMNS))

    assert "changed the test mean average precision against scratch: " in sentence


def test_datasets_that_differ_in_their_score_share_no_name_for_it():
    farm = _runs(
        {(50, "scratch", "none", 0): (0.5, 2.0)}, dataset="farm", score="mean_average_precision"
    )

    assert score_name(pd.concat([ZOO, farm])) == "score"
