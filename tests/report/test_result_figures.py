import base64

import pandas as pd
import pytest

from convbench.report.figures.accuracy import accuracy_by_configuration, accuracy_by_size
from convbench.report.figures.base import colours_of
from convbench.report.figures.convergence import convergence
from convbench.report.figures.cost import accuracy_by_seconds
from convbench.report.figures.factors import effects
from convbench.results.rows import table
from convbench.results.schema import EffectRow

RUNS = pd.DataFrame(
    [
        {
            "train_size": size,
            "architecture": "net",
            "label": label,
            "augmentation": augmentation,
            "epoch": 1,
            "val_score": 0.5,
            "test_score": size / 1000,
            "train_seconds": size / 100,
            "train_seconds_min": size / 200,
            "train_seconds_max": size / 50,
            "test_score_min": size / 2000,
            "test_score_max": size / 500,
            "front": label == "scratch",
        }
        for size in (50, 200)
        for label in ("scratch", "fine_tune")
        for augmentation in ("none", "affine")
    ]
)
DRAWN = {
    "by size": accuracy_by_size,
    "by configuration": accuracy_by_configuration,
    "by epoch": convergence,
    "by seconds": accuracy_by_seconds,
}


@pytest.mark.parametrize("name", DRAWN)
def test_legends_have_headings_instead_of_columns(name):
    colours = colours_of(RUNS["label"])

    figure = DRAWN[name]("zoo", RUNS, colours, "accuracy", "A title")

    drawn = base64.b64decode(figure.source.partition(",")[2]).decode()
    assert "<!-- strategy -->" in drawn
    assert "<!-- label -->" not in drawn


def test_effects_are_described_with_numbers_of_images_as_such():
    rows = [
        EffectRow(
            dataset="zoo",
            factor="train_size",
            level="1000",
            baseline="200",
            difference=0.019,
            low=None,
            high=None,
            p=None,
            p_holm=None,
            better=1,
            pairs=1,
            significant=False,
        )
    ]

    figure = effects("zoo", table(rows, EffectRow), "accuracy", "A title")

    assert figure.alt == "Points with intervals: 1,000 images against 200 images +1.9"
