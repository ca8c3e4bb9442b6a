import pytest

from convbench.analysis.summary import below_chance, best_by_validation, cells, lost, paired
from convbench.analysis.tables import RUN_COLUMNS, table


def run(strategy, seed, test, val=0.5, **more):
    return {
        "run_id": f"{strategy}/s{seed}",
        "dataset": "zoo",
        "train_size": 50,
        "architecture": "net",
        "strategy": strategy,
        "augmentation": "none",
        "seed": seed,
        "outcome": "finished",
        "score": "accuracy",
        "val_score": val,
        "test_score": test,
        "test_accuracy_per_class": test,
        "train_seconds": 2.0,
        "params_trainable": 10,
        "params_total": 20,
        "macs": 30,
    } | more


def runs_of(*rows):
    return table(rows, RUN_COLUMNS)


def test_a_cell_is_the_mean_and_the_extremes_over_its_seeds():
    runs = runs_of(run("scratch", 0, 0.6), run("scratch", 1, 0.9), run("fine_tune", 0, 0.7))

    summary = cells(runs).set_index("strategy")

    assert summary.loc["scratch", ["test", "test_low", "test_high", "seeds"]].tolist() == [
        0.75,
        0.6,
        0.9,
        2,
    ]
    assert summary.loc["fine_tune", "seeds"] == 1


def test_a_run_that_did_not_finish_is_in_no_mean():
    runs = runs_of(run("scratch", 0, 0.6), run("scratch", 1, None, outcome="diverged"))

    summary = cells(runs)
    assert (summary["seeds"].tolist(), summary["planned"].tolist()) == ([1], [2])


def test_cells_that_lost_seeds_are_rows_with_their_outcomes_and_the_first_reason():
    runs = runs_of(
        run("whole", 0, 0.6),
        run("some", 0, 0.6),
        run("some", 1, None, outcome="killed", reason="SIGKILL"),
        run("none", 0, None, outcome="failed", reason="the shoe pinches"),
        run("none", 1, None, outcome="failed", reason="another"),
        run("none", 2, None, outcome="diverged", reason="nan"),
    )

    rows = lost(runs).set_index("strategy")

    assert list(rows.index) == ["some", "none"]
    assert rows[["planned", "seeds"]].to_numpy().tolist() == [[2, 1], [3, 0]]
    assert rows["outcomes"].tolist() == ["1 killed", "2 failed, 1 diverged"]
    assert rows["reason"].tolist() == ["SIGKILL", "the shoe pinches"]
    assert rows["run"].tolist() == ["some/s1", "none/s0"]


def test_a_cell_of_a_dataset_that_is_absent_has_no_size_and_is_a_row():
    rows = lost(runs_of(run("none", 0, None, outcome="failed", reason="away", train_size=None)))

    assert rows["train_size"].isna().all()
    assert rows["reason"].tolist() == ["away"]


def test_where_all_finished_nothing_is_lost():
    assert lost(runs_of(run("scratch", 0, 0.6))).empty


def test_the_test_split_never_picks():
    runs = runs_of(run("scratch", 0, 0.9, val=0.5), run("fine_tune", 0, 0.6, val=0.8))

    assert best_by_validation(cells(runs))["strategy"] == "fine_tune"


def test_of_equal_cells_the_smaller_network_is_the_best():
    large = run("scratch", 0, 0.9, architecture="large", params_total=90, run_id="large")

    assert best_by_validation(cells(runs_of(large, run("scratch", 0, 0.6))))["architecture"] == "net"


def test_a_difference_is_over_pairs_alike_in_all_else():
    runs = runs_of(
        run("scratch", 0, 0.5),
        run("scratch", 1, 0.9),
        run("fine_tune", 0, 0.6),
        run("fine_tune", 1, 0.8),
        run("fine_tune", 2, 0.1),  # has no partner
    )

    difference = paired(runs, "strategy", "fine_tune", "scratch")

    assert difference.mean == pytest.approx(0.0)
    assert (difference.better, difference.pairs) == (1, 2)
    assert paired(runs, "strategy", "feature_extraction", "scratch") is None


def test_a_run_at_chance_is_named():
    runs = runs_of(run("scratch", 0, 0.25), run("fine_tune", 0, 0.26))

    assert below_chance(runs, {"zoo": 4}) == ["scratch/s0"]


def test_guessing_is_no_question_where_images_carry_several_labels():
    runs = runs_of(run("scratch", 0, 0.01, test_accuracy_per_class=None))

    assert below_chance(runs, {"zoo": 4}) == []
