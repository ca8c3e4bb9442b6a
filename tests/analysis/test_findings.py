import pandas as pd

from convbench.analysis.findings import findings, transfers
from convbench.analysis.tables import RUN_COLUMNS, table


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


def test_planted_differences_are_said():
    runs = _runs(
        {
            (50, "scratch", "none", 0): (0.50, 2.0),
            (50, "scratch", "none", 1): (0.60, 2.0),
            (50, "fine_tune", "none", 0): (0.65, 2.0),
            (50, "fine_tune", "none", 1): (0.59, 2.0),
            (900, "scratch", "none", 0): (0.900, 2.0),
            (900, "fine_tune", "none", 0): (0.895, 0.5),
        }
    )

    transfer, cost = findings(runs)

    assert transfer.startswith("Against training from scratch, transfer changed the test accuracy: ")
    assert "with 50 images of zoo, fine_tune by +7.0 points (1 of 2)" in transfer
    assert "with 900 images of zoo, fine_tune by −0.5 points (0 of 1)" in transfer
    assert "net with fine_tune and none: test accuracy 89.5% after 0.5 s" in cost
    assert "against 90.0% after 2.0 s" in cost


def test_a_comparison_that_the_grid_does_not_hold_is_left_out():
    (cost,) = findings(_runs({(50, "scratch", "none", 0): (0.5, 2.0)}))

    assert cost == (
        "On zoo with 50 training images, nothing cheaper comes within a point of the best on validation."
    )


def test_augmentation_is_compared_with_none():
    runs = _runs({(50, "scratch", "none", 0): (0.5, 2.0), (50, "scratch", "affine", 0): (0.5, 2.0)})

    augmentation, _ = findings(runs)

    assert (
        augmentation
        == "Against no augmentation, affine changed the test accuracy by ±0.0 points (0 of 1)."
    )


def test_nothing_finished_is_said():
    runs = _runs({(50, "scratch", "none", 0): (0.5, 2.0)}).assign(outcome="failed")

    assert findings(runs) == ["No run finished, so there is nothing to compare."]


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

    assert "rival" not in findings(pd.concat([zoo, rival], ignore_index=True))[-1]


def test_another_score_is_said_by_its_name():
    cells = {(50, "scratch", "none", 0): (0.5, 2.0), (50, "fine_tune", "none", 0): (0.6, 2.0)}

    transfer, _ = findings(_runs(cells, score="mean_average_precision"))

    assert "transfer changed the test mean average precision: " in transfer


def test_datasets_that_differ_in_their_score_share_no_name_for_it():
    cells = {(50, "scratch", "none", 0): (0.5, 2.0), (50, "fine_tune", "none", 0): (0.6, 2.0)}
    farm = _runs(cells, dataset="farm", score="mean_average_precision")

    transfer, _ = findings(pd.concat([_runs(cells), farm], ignore_index=True))

    assert "transfer changed the test score: " in transfer
