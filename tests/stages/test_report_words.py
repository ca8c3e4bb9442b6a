from convbench.config.grid import Grid
from convbench.stages.report_words import words_of
from convbench.strategies import STRATEGIES


def test_every_strategy_and_augmentation_of_a_grid_has_its_words(values):
    recipe = values["strategies"]["scratch"]
    values["strategies"] = {name: recipe for name in STRATEGIES}
    values["strategies"] |= {"top": {**recipe, "strategy": "fine_tune_last_2", "weights": "letters"}}
    values["augmentations"] = ["none", "affine"]

    found = words_of(Grid.model_validate(values))

    assert set(found) == {*STRATEGIES, "top", "none", "affine"}
    assert found["scratch"] == "every layer learns, from random numbers"
    assert found["top"].startswith("the last 2 blocks of a pretrained network")
    assert found["top"].endswith("(pretrained on: letters)")
    assert all(found.values())
