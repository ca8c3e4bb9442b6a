import base64

import pandas as pd
import pytest

from convbench.analysis.depth import DepthRow
from convbench.engine.range_test import RangeTest
from convbench.report.figures.learning import errors_by_depth, gradients_by_layer, range_tests
from convbench.results.rows import table

TESTS = {
    "zoo/net/scratch/none": RangeTest([1e-5, 1e-3, 1e-1], [2.0, 1.0, 3.0], 1e-4),
    "zoo/net/tuned/none": RangeTest([1e-5, 1e-3], [2.0, 1.5], 1e-4),
}


def _depths():
    rows = [("a", True, 20, 0.2, 0.3), ("b", True, 56, 0.4, 0.5)]
    rows += [("c", False, 20, 0.2, 0.3), ("d", False, 56, 0.1, 0.2)]
    return table(
        [
            DepthRow(
                dataset="zoo",
                train_size=100,
                run_id=run,
                label="scratch",
                augmentation="none",
                seed=0,
                family="resnet",
                plain=plain,
                depth=depth,
                training=training,
                validation=validation,
                test=validation,
            )
            for run, plain, depth, training, validation in rows
        ],
        DepthRow,
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
def test_a_figure_is_described_and_has_the_same_bytes_twice(name):
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


def test_a_range_test_is_named_with_the_rate_that_it_chose():
    alt = range_tests(TESTS).alt

    assert "zoo/net/scratch/none (chosen 1.0e-04)" in alt
    assert "zoo/net/tuned/none" in alt


def test_errors_are_in_the_alternative_text():
    assert "training, plain, 56 layers: 40.0%" in DRAWN["depth"]().alt
    assert "validation, residual, 56 layers: 20.0%" in DRAWN["depth"]().alt


@pytest.mark.parametrize("name", ["depth", "gradients"])
def test_every_panel_is_drawn(name):
    drawn = _svg(DRAWN[name]())

    assert drawn.count('<g id="axes_') == 2


def test_the_first_the_middle_and_the_last_epoch_are_drawn():
    assert set(gradients_by_layer(_gradients()).table["moment"]) == {
        "first epoch",
        "middle epoch",
        "last epoch",
    }


def test_of_one_epoch_there_is_the_first_alone():
    gradients = _gradients()

    found = gradients_by_layer(gradients[gradients["epoch"] == 1])

    assert set(found.table["moment"]) == {"first epoch"}
    assert "plain20, resnet20" in found.alt


def test_titles_state_what_a_figure_shows():
    steep = _gradients()
    steep.loc[(steep["run_id"] == "plain20") & (steep["depth"] == 1), "norm"] = 40.0

    assert gradients_by_layer(steep).title == (
        "At the start, the first layer of plain20 has 160 times the gradient of its last"
    )
    assert range_tests(TESTS).title == "Learning rates chosen by a range test: 1.0e-04"
