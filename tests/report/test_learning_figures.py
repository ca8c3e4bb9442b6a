import base64

import pandas as pd
import pytest

from convbench.report.learning_figures import errors_by_depth, gradients_by_layer, range_tests

TESTS = [
    {
        "cell": "zoo/net/scratch/none",
        "rates": [1e-5, 1e-3, 1e-1],
        "losses": [2.0, 1.0, 3.0],
        "chosen": 1e-4,
    },
    {"cell": "zoo/net/tuned/none", "rates": [1e-5, 1e-3], "losses": [2.0, 1.5], "chosen": 1e-4},
]


def _depths():
    return pd.DataFrame(
        {
            "run_id": list("abcd"),
            "family": ["plain", "plain", "resnet", "resnet"],
            "depth": [20, 56, 20, 56],
            "dataset": "zoo",
            "train_size": 100,
            "training": [0.2, 0.4, 0.2, 0.1],
            "validation": [0.3, 0.5, 0.3, 0.2],
        }
    )


def _gradients():
    return pd.DataFrame(
        [
            {
                "run_id": run,
                "architecture": run,
                "epoch": epoch,
                "depth": depth,
                "norm": 1 / depth / epoch,
            }
            for run in ("plain20", "resnet20")
            for epoch in (1, 2, 3)
            for depth in (1, 2, 3, 4)
        ]
    )


DRAWN = {
    "rates": lambda: range_tests(TESTS),
    "depth": lambda: errors_by_depth(_depths(), "Plain networks train worse as they deepen"),
    "gradients": lambda: gradients_by_layer(_gradients()),
}


def _svg(figure):
    return base64.b64decode(figure.source.partition(",")[2]).decode()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_says_what_it_shows_and_has_the_same_bytes_twice(name):
    one, other = DRAWN[name](), DRAWN[name]()

    assert (one.title, one.alt, one.source, one.data) == (
        other.title,
        other.alt,
        other.source,
        other.data,
    )
    assert one.title
    assert len(one.caption) > 80
    assert len(one.alt) > 40


def test_a_range_test_names_its_cell_and_what_it_chose():
    alt = range_tests(TESTS).alt

    assert "zoo/net/scratch/none (chosen 1.0e-04)" in alt
    assert "zoo/net/tuned/none" in alt


def test_errors_are_told_to_who_cannot_see_them():
    assert "training, plain, 56 layers: 40.0%" in DRAWN["depth"]().alt
    assert "validation, residual, 56 layers: 20.0%" in DRAWN["depth"]().alt


@pytest.mark.parametrize("name", ["depth", "gradients"])
def test_every_family_is_drawn(name):
    drawn = _svg(DRAWN[name]())

    assert drawn.count('<g id="axes_') == 2


def test_three_moments_are_drawn_and_of_one_epoch_one():
    once = _gradients()
    once = once[once["epoch"] == 1]

    assert "plain20, resnet20" in gradients_by_layer(once).alt


def test_titles_say_what_is_seen():
    steep = _gradients()
    steep.loc[(steep["run_id"] == "plain20") & (steep["depth"] == 1), "norm"] = 40.0

    assert gradients_by_layer(steep).title == (
        "At the start, the first layer of plain20 has 160 times the gradient of its last"
    )
    assert range_tests(TESTS).title == "Learning rates chosen by a range test: 1.0e-04"
