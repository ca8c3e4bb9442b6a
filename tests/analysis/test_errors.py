import numpy as np
from sklearn.metrics import confusion_matrix

from convbench.analysis.errors import Confused, Hard, confusion, hardest, most_confused

LABELS = np.array([0, 0, 1, 2])
PROBABILITIES = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]])


def test_confusions_of_several_runs_are_added():
    rng = np.random.default_rng(0)
    labels, runs = rng.integers(0, 4, 60), [rng.random((60, 4)) for _ in range(3)]
    theirs = sum(confusion_matrix(labels, run.argmax(axis=1), labels=range(4)) for run in runs)

    assert confusion(labels, runs).tolist() == theirs.tolist()


def test_a_class_without_test_images_keeps_its_place():
    counts = confusion(np.array([0, 2]), [PROBABILITIES[[0, 3]]])

    assert counts.tolist() == [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 1],
    ]


def test_confusions_are_ranked_by_their_share_of_the_class():
    counts = np.array([[8, 2, 0], [0, 1, 1], [0, 0, 0]])

    assert most_confused(counts, 9) == [Confused(1, 2, 0.5), Confused(0, 1, 0.2)]
    assert most_confused(counts, 1) == [Confused(1, 2, 0.5)]
    assert counts[0, 0] == 8  # what is given stays as it is


def test_the_hardest_images_are_those_whose_class_is_the_least_likely():
    assert hardest(LABELS, [PROBABILITIES], 9) == [Hard(2, 1, 2, 0.1), Hard(1, 0, 1, 0.2)]


def test_runs_decide_together_and_what_they_get_right_is_not_hard():
    sure = np.array([[0.6, 0.3, 0.1], [0.9, 0.0, 0.1], [0.0, 0.9, 0.1], [0.3, 0.3, 0.4]])

    assert hardest(LABELS, [PROBABILITIES, sure], 9) == []
    assert len(hardest(LABELS, [PROBABILITIES], 1)) == 1
