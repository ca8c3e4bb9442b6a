import numpy as np
import pytest

from convbench.results.predictions import Predictions, read_predictions

PROBABILITIES = np.array([[0.1, 0.9], [0.6, 0.4], [0.3, 0.7]], np.float32)


@pytest.mark.parametrize(
    "labels", [np.array([1, 0, 1]), np.array([[1, 0], [1, 1], [0, 0]])], ids=["single", "multi"]
)
def test_predictions_come_back_in_the_order_of_their_ids(tmp_path, labels):
    ids = np.array([7, 2, 5])
    order = ids.argsort()

    Predictions(ids, labels, PROBABILITIES).write(tmp_path)
    found = read_predictions(tmp_path)

    assert found.ids.tolist() == [2, 5, 7]
    assert (found.labels == labels[order]).all()
    assert (found.probabilities == PROBABILITIES[order]).all()
    assert found.probabilities.dtype == np.float32


def test_a_run_without_predictions_has_none_of_each_class(tmp_path):
    Predictions(np.array([], int), np.array([], int), np.empty((0, 4), np.float32)).write(tmp_path)

    assert read_predictions(tmp_path).probabilities.shape == (0, 4)
