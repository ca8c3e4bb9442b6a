import numpy as np
import pytest
from scipy.stats import binomtest

from convbench.analysis.calibration import Reliability
from convbench.report.figures.errors import confusion, reliability

FOUND = Reliability(np.array([0.55, 0.7, 0.99]), np.array([1.0, 0.25, 0.98]), np.array([3, 4, 500]))


@pytest.fixture(scope="module")
def drawn():
    return reliability("digits", FOUND, "resnet20", "Well calibrated")


def test_shares_have_wilsons_intervals_wide_for_few_predictions(drawn):
    for row in drawn.table.itertuples():
        test = binomtest(round(row.correct * row.predictions), row.predictions)
        expected = test.proportion_ci(0.95, method="wilson")
        np.testing.assert_allclose((row.low, row.high), expected, atol=1e-9)


def test_a_reliability_diagram_is_described_in_words(drawn):
    assert drawn.dataset == "digits"
    assert "100% correct at a confidence of 55%" in drawn.alt


def test_of_many_classes_the_most_often_missed_are_drawn():
    counts = np.diag(np.arange(30))
    counts[:, 0] += 1

    figure = confusion("digits", counts, [f"class {number}" for number in range(30)], "net", "A title")

    assert figure.alt.startswith("Confusion matrix of 25 classes")
    assert "the 25 of 30 classes" in figure.caption
    assert len(figure.table) == 30
