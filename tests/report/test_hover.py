import pandas as pd

from convbench.report import figures
from convbench.report.hover import bundle, validation_curves

COLOURS = figures.colours_of(["scratch", "fine_tune"])


def curves(cells: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "train_size": 50,
            "architecture": f"net{cell}",
            "strategy": "scratch" if cell % 2 else "fine_tune",
            "augmentation": "none",
            "epoch": epoch,
            "val_score": cell / 100 + epoch / 10,
        }
        for cell in range(cells)
        for epoch in (1, 2, 3)
    )


def test_a_curve_is_drawn_of_each_cell_in_its_strategys_colour():
    found = validation_curves("zoo", curves(3), COLOURS, "accuracy", "A title")

    drawn = {each["name"]: each for each in found.figure["data"]}
    assert set(drawn) == {"net0, fine_tune, none", "net1, scratch, none", "net2, fine_tune, none"}
    assert drawn["net1, scratch, none"]["y"] == [0.11, 0.21, 0.31]
    assert drawn["net1, scratch, none"]["line"]["color"] == found.keys["scratch"]
    assert "the best" not in found.caption


def test_of_many_curves_the_best_are_drawn_and_that_is_said():
    found = validation_curves("zoo", curves(60), COLOURS, "accuracy", "A title")

    names = [each["name"].partition(",")[0] for each in found.figure["data"]]
    assert set(names) == {f"net{cell}" for cell in range(20, 60)}
    assert "the best 40" in found.caption


def test_the_library_cannot_end_the_script_that_holds_it():
    assert "</script" not in bundle().lower()
