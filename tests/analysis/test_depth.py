import pytest
from tests.rows import rows_table, runs_table

from convbench.analysis.depth import degradations, depths
from convbench.report.text.depth import sentence
from convbench.results.schema import EpochRow


def _tables(errors):
    """``errors``: (architecture, seed) -> training error in the last of two epochs."""
    runs = runs_table(
        [
            {
                "run_id": f"{name}/{seed}",
                "architecture": name,
                "seed": seed,
                "dataset": "cifar",
                "train_size": 100,
                "augmentation": "none",
                "outcome": "finished",
                "test_accuracy": 0.5,
            }
            for name, seed in errors
        ]
    )
    epochs = rows_table(
        [
            {
                "run_id": f"{name}/{seed}",
                "epoch": epoch,
                "train_accuracy": 1 - error if epoch == 2 else 0.0,
                "val_accuracy": 0.6,
            }
            for (name, seed), error in errors.items()
            for epoch in (2, 1)
        ],
        EpochRow,
    )
    return runs, epochs


PLANTED = {
    ("plain20", 0): 0.20,
    ("plain20", 1): 0.22,
    ("plain56", 0): 0.40,
    ("plain56", 1): 0.44,
    ("resnet20", 0): 0.20,
    ("resnet20", 1): 0.20,
    ("resnet56", 0): 0.15,
    ("resnet56", 1): 0.17,
    ("simple_cnn", 0): 0.9,
}


def test_the_training_error_of_the_last_epoch_is_compared_from_shallow_to_deep():
    residual, plain = degradations(depths(*_tables(PLANTED)))

    assert (plain.plain, plain.shallow, plain.deep, plain.pairs) == (True, 20, 56, 2)
    assert plain.change == pytest.approx(0.21)
    assert residual.change == pytest.approx(-0.04)
    assert sentence(plain).startswith(
        "Plain networks train worse with more layers: from 20 to 56 layers the training error changes "
        "by +21.0 points (95% confidence interval"
    )
    assert sentence(residual).startswith(
        "Residual networks do not train significantly worse with more layers"
    )


def test_a_change_that_is_not_significant_is_not_called_one():
    errors = {**PLANTED, ("plain20", 1): PLANTED["plain56", 1]}

    _, plain = degradations(depths(*_tables(errors)))

    assert plain.change > 0 > plain.low
    assert sentence(plain).startswith("Plain networks do not train significantly worse with more layers")


def test_other_architectures_and_a_single_family_are_left_out():
    found = depths(*_tables(PLANTED))
    assert set(found["plain"]) == {True, False}

    lone = {key: value for key, value in PLANTED.items() if key[0].startswith("plain")}
    assert depths(*_tables(lone)).empty
    assert degradations(depths(*_tables(lone))) == []


def test_runs_that_did_not_finish_are_left_out():
    runs, epochs = _tables(PLANTED)
    runs.loc[runs["run_id"] == "plain56/1", "outcome"] = "diverged"

    _, plain = degradations(depths(runs, epochs))

    assert plain.pairs == 1
    assert sentence(plain) == (
        "Plain networks were deepened in one pair only: significance cannot be assessed: from 20 to 56 "
        "layers the training error changes by +20.0 points."
    )


def test_networks_of_imagenet_and_of_cifar_are_not_one_family():
    errors = {(name, seed): 0.2 for name in ("resnet18", "plain18") for seed in (0, 1)}

    found = depths(*_tables({**PLANTED, **errors, ("resnet50", 0): 0.1}))

    assert set(found["run_id"].str.partition("/")[0]) == {
        "plain20",
        "plain56",
        "resnet20",
        "resnet56",
        "resnet18",
        "plain18",
    }
    assert [(each.shallow, each.deep) for each in degradations(found)] == [(20, 56), (20, 56)]
