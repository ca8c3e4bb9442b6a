import numpy as np

from convbench.explain.cases import choose_cases, is_correct


def probabilities(*predicted: tuple[int, float]) -> np.ndarray:
    """Probabilities of three classes: that of the predicted class, the others equal."""
    rows = np.empty((len(predicted), 3))
    for row, (label, probability) in zip(rows, predicted, strict=True):
        row[:] = (1 - probability) / 2
        row[label] = probability
    return rows


LABELS = np.array([0, 1, 2, 0, 1, 2, 0])
ONE = probabilities((0, 0.9), (1, 0.8), (2, 0.99), (0, 0.9), (0, 0.7), (1, 0.6), (2, 0.9))
OTHER = probabilities((0, 0.9), (1, 0.9), (2, 0.99), (1, 0.9), (1, 0.7), (1, 0.6), (1, 0.9))


def test_cases_are_correct_then_disputed_then_wrong():
    assert choose_cases(LABELS, [ONE, OTHER]) == [2, 0, 3, 4, 6, 5]


def test_no_class_is_shown_twice_in_a_kind():
    labels = np.array([0, 0, 0, 1])
    right = probabilities((0, 0.9), (0, 0.95), (0, 0.8), (1, 0.7))

    assert choose_cases(labels, [right]) == [1, 3]


def test_a_prediction_for_a_multi_label_image_is_correct_where_it_is_among_the_labels():
    labels = np.array([[1, 1, 0], [0, 1, 0]])

    assert is_correct(labels, np.array([1, 0])).tolist() == [True, False]
    assert choose_cases(labels, [probabilities((1, 0.9), (0, 0.9))]) == [0, 1]
