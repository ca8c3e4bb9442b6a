from convbench.augment import AUGMENTS
from convbench.config.grid import Grid
from convbench.report.text.glossary import words_of
from convbench.strategies import STRATEGIES


def test_every_strategy_and_augmentation_of_a_grid_is_described(values):
    scratch = values["strategies"]["scratch"]
    values["strategies"] = {name: scratch for name in STRATEGIES}
    values["strategies"] |= {"top": {**scratch, "strategy": "fine_tune_last_2", "weights": "letters"}}
    values["augmentations"] = ["none", "affine"]

    found = words_of(Grid.model_validate(values))

    assert set(found) == {*STRATEGIES, "top", "none", "affine"}
    assert found["scratch"] == STRATEGIES["scratch"].description
    assert found["top"].startswith("the last 2 blocks of a pretrained network")
    assert found["top"].endswith("are trained (pretrained on: letters)")
    assert found["affine"] == AUGMENTS["affine"].description
    assert all(found.values())
