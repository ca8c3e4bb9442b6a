import numpy as np
import pytest

from convbench.analysis.calibration import Reliability
from convbench.stages.report_errors import _sure


@pytest.mark.parametrize(
    ("confidence", "right", "several", "said"),
    [
        ([0.6, 0.9], [0.6, 0.9], False, "the best is as sure as it is right, within a point"),
        ([0.6, 0.9], [0.5, 0.7], False, "the best is surer than it is right, by 15 points on average"),
        (
            [0.6, 0.8],
            [0.7, 0.9],
            False,
            "the best is less sure than it is right, by 10 points on average",
        ),
        (
            [0.99, 0.55],
            [0.80, 0.74],
            False,
            "the best is off by 19 points on average in how sure it is, both ways",
        ),
        (
            [0.01, 0.99],
            [0.12, 0.71],
            True,
            "the probabilities of the best are off by 20 points on average",
        ),
    ],
)
def test_how_sure_the_best_is_is_said_with_what_does_not_cancel_out(confidence, right, several, said):
    found = Reliability(np.array(confidence), np.array(right), np.array([50, 50]))

    assert _sure("zoo", found, several_labels=several) == f"zoo: {said}"
