import numpy as np
import pytest

from convbench.analysis.calibration import Reliability
from convbench.report.text.errors import calibrated, confused


@pytest.mark.parametrize(
    ("confidence", "right", "multi", "words"),
    [
        ([0.6, 0.9], [0.6, 0.9], False, ["calibrated to within one point"]),
        ([0.6, 0.9], [0.5, 0.7], False, ["overconfident", "15 points"]),
        ([0.6, 0.8], [0.7, 0.9], False, ["underconfident", "10 points"]),
        ([0.99, 0.55], [0.80, 0.74], False, ["19 points", "in both directions"]),
        ([0.01, 0.99], [0.12, 0.71], True, ["probabilities", "20 points"]),
    ],
)
def test_the_calibration_error_is_named_with_the_direction_that_does_not_cancel_out(
    confidence, right, multi, words
):
    found = Reliability(np.array(confidence), np.array(right), np.array([50, 50]))

    text = calibrated("zoo", found, multi_label=multi)

    assert [word for word in words if word in text] == words


def test_the_most_frequent_confusion_is_named_with_its_share():
    counts = np.array([[9, 1], [4, 6]])

    assert "dog predicted as cat (40% of its images)" in confused("zoo", counts, ["cat", "dog"])
    assert "every test image correctly" in confused("zoo", np.diag([3, 4]), ["cat", "dog"])
