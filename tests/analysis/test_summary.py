import pytest
from tests.rows import runs_table

from convbench.analysis.summary import (
    at_chance_level,
    best_by_validation,
    paired,
    summarize,
    unfinished,
)


def run(label, seed, test, val=0.5, **more):
    return {
        "run_id": f"{label}/s{seed}",
        "dataset": "zoo",
        "train_size": 50,
        "architecture": "net",
        "label": label,
        "augmentation": "none",
        "seed": seed,
        "outcome": "finished",
        "score": "accuracy",
        "val_score": val,
        "test_score": test,
        "test_balanced_accuracy": test,
        "train_seconds": 2.0,
        "params_trainable": 10,
        "params_total": 20,
        "macs": 30,
    } | more


def runs_of(*rows):
    return runs_table(list(rows))


def test_a_configuration_is_the_mean_and_the_extremes_over_its_seeds():
    runs = runs_of(run("scratch", 0, 0.6), run("scratch", 1, 0.9), run("fine_tune", 0, 0.7))

    summary = summarize(runs).set_index("label")

    assert summary.loc[
        "scratch", ["test_score", "test_score_min", "test_score_max", "seeds"]
    ].tolist() == [
        0.75,
        0.6,
        0.9,
        2,
    ]
    assert summary.loc["fine_tune", "seeds"] == 1


def test_a_run_that_did_not_finish_is_in_no_mean():
    runs = runs_of(run("scratch", 0, 0.6), run("scratch", 1, None, outcome="diverged"))

    summary = summarize(runs)
    assert (summary["seeds"].tolist(), summary["planned"].tolist()) == ([1], [2])


def test_configurations_with_unfinished_seeds_are_rows_with_their_outcomes_and_the_first_reason():
    runs = runs_of(
        run("whole", 0, 0.6),
        run("some", 0, 0.6),
        run("some", 1, None, outcome="killed", reason="SIGKILL"),
        run("none", 0, None, outcome="failed", reason="the shoe pinches"),
        run("none", 1, None, outcome="failed", reason="another"),
        run("none", 2, None, outcome="diverged", reason="nan"),
    )

    some, none = unfinished(runs)

    assert (some.label, none.label) == ("some", "none")
    assert [(each.planned, each.seeds) for each in (some, none)] == [(2, 1), (3, 0)]
    assert [each.outcomes for each in (some, none)] == ["1 killed", "2 failed, 1 diverged"]
    assert [each.reason for each in (some, none)] == ["SIGKILL", "the shoe pinches"]
    assert [each.run for each in (some, none)] == ["some/s1", "none/s0"]


def test_a_configuration_of_a_dataset_that_is_absent_has_no_size_and_is_a_row():
    (row,) = unfinished(runs_of(run("none", 0, None, outcome="failed", reason="away", train_size=None)))

    assert (row.train_size, row.reason) == (None, "away")


def test_where_all_finished_there_is_no_unfinished_configuration():
    assert unfinished(runs_of(run("scratch", 0, 0.6))) == []


def test_the_test_split_never_picks():
    runs = runs_of(run("scratch", 0, 0.9, val=0.5), run("fine_tune", 0, 0.6, val=0.8))

    assert best_by_validation(summarize(runs)).label == "fine_tune"


def test_of_equal_configurations_the_smaller_network_is_the_best():
    large = run("scratch", 0, 0.9, architecture="large", params_total=90, run_id="large")

    assert best_by_validation(summarize(runs_of(large, run("scratch", 0, 0.6)))).architecture == "net"


def test_a_difference_is_over_pairs_alike_in_all_else():
    runs = runs_of(
        run("scratch", 0, 0.5),
        run("scratch", 1, 0.9),
        run("fine_tune", 0, 0.6),
        run("fine_tune", 1, 0.8),
        run("fine_tune", 2, 0.1),  # has no partner
    )

    difference = paired(runs, "label", "fine_tune", "scratch")

    assert difference.mean == pytest.approx(0.0)
    assert (difference.better, difference.pairs) == (1, 2)
    assert paired(runs, "label", "feature_extraction", "scratch") is None


def test_a_run_at_the_chance_level_is_named():
    runs = runs_of(run("scratch", 0, 0.25), run("fine_tune", 0, 0.26))

    assert at_chance_level(runs, {"zoo": 4}) == ["scratch/s0"]


def test_multi_label_images_have_no_chance_level():
    runs = runs_of(run("scratch", 0, 0.01, test_balanced_accuracy=None))

    assert at_chance_level(runs, {"zoo": 4}) == []
