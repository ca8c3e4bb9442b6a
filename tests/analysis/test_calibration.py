import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from convbench.analysis.calibration import BINS, reliability


def predictions(seed, n=400, classes=5):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.dirichlet(np.full(classes, 0.4), n)


def test_the_bins_are_scikit_learns():
    labels, probabilities = predictions(0)
    sure, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    share, confidence = calibration_curve(correct, sure, n_bins=BINS)

    found = reliability(labels, probabilities)

    assert found.confidence == pytest.approx(confidence)
    assert found.correct == pytest.approx(share)
    assert found.count.sum() == 400


def test_the_error_by_hand():
    """Two bins: 3 predictions at 0.9 of which 2 are correct, 1 at 0.6 that is wrong."""
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])

    found = reliability(np.array([0, 0, 1, 1]), probabilities)

    assert found.error == pytest.approx((3 * abs(2 / 3 - 0.9) + 0.6) / 4)


def test_a_calibrated_network_has_next_to_no_error():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.full(4, 0.7), 40_000)
    labels = (probabilities.cumsum(axis=1) > rng.random((40_000, 1))).argmax(axis=1)

    assert reliability(labels, probabilities).error < 0.01


def test_of_multi_label_images_every_probability_counts():
    labels = np.array([[1, 0], [0, 0]])

    found = reliability(labels, np.array([[0.8, 0.2], [0.8, 0.2]]))

    assert found.count.tolist() == [2, 2]
    assert found.error == pytest.approx((2 * 0.2 + 2 * 0.3) / 4)


def test_full_certainty_falls_into_the_last_bin():
    assert reliability(np.array([0]), np.array([[1.0, 0.0]])).error == 0
