import numpy as np

from convbench.explain.cases import choose_cases, is_right


def said(*answers: tuple[int, float]) -> np.ndarray:
    """Probabilities of three classes, the answer's given, the rest shared."""
    rows = np.empty((len(answers), 3))
    for row, (answer, chance) in zip(rows, answers, strict=True):
        row[:] = (1 - chance) / 2
        row[answer] = chance
    return rows


LABELS = np.array([0, 1, 2, 0, 1, 2, 0])
ONE = said((0, 0.9), (1, 0.8), (2, 0.99), (0, 0.9), (0, 0.7), (1, 0.6), (2, 0.9))
OTHER = said((0, 0.9), (1, 0.9), (2, 0.99), (1, 0.9), (1, 0.7), (1, 0.6), (1, 0.9))


def test_cases_are_right_then_disputed_then_wrong():
    assert choose_cases(LABELS, [ONE, OTHER]) == [2, 0, 3, 4, 6, 5]


def test_no_class_is_shown_twice_in_a_kind():
    labels = np.array([0, 0, 0, 1])
    right = said((0, 0.9), (0, 0.95), (0, 0.8), (1, 0.7))

    assert choose_cases(labels, [right]) == [1, 3]


def test_of_several_labels_an_answer_is_right_where_it_is_among_them():
    labels = np.array([[1, 1, 0], [0, 1, 0]])

    assert is_right(labels, np.array([1, 0])).tolist() == [True, False]
    assert choose_cases(labels, [said((1, 0.9), (0, 0.9))]) == [0, 1]
