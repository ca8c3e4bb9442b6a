import pandas as pd

from convbench.report.figures.base import colours_of
from convbench.report.figures.hover import bundle, validation_curves

COLOURS = colours_of(["scratch", "fine_tune"])


def curves(configurations: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "train_size": 50,
            "architecture": f"net{number}",
            "label": "scratch" if number % 2 else "fine_tune",
            "augmentation": "none",
            "epoch": epoch,
            "val_score": number / 100 + epoch / 10,
        }
        for number in range(configurations)
        for epoch in (1, 2, 3)
    )


def test_each_configuration_has_a_curve_in_the_colour_of_its_strategy():
    found = validation_curves("zoo", curves(3), COLOURS, "accuracy", "A title")

    drawn = {each["name"]: each for each in found.figure["data"]}
    assert set(drawn) == {"net0, fine_tune, none", "net1, scratch, none", "net2, fine_tune, none"}
    assert drawn["net1, scratch, none"]["y"] == [0.11, 0.21, 0.31]
    assert drawn["net1, scratch, none"]["line"]["color"] == found.keys["scratch"]
    assert "the best" not in found.caption


def test_with_one_strategy_colours_are_those_of_architectures():
    found = validation_curves("zoo", curves(1), COLOURS, "accuracy", "A title")

    assert set(found.keys) == {"net0"}


def test_at_most_the_best_40_curves_are_drawn():
    found = validation_curves("zoo", curves(60), COLOURS, "accuracy", "A title")

    names = [each["name"].partition(",")[0] for each in found.figure["data"]]
    assert set(names) == {f"net{number}" for number in range(20, 60)}
    assert "the best 40" in found.caption


def test_the_library_cannot_end_the_script_that_holds_it():
    assert "</script" not in bundle().lower()
