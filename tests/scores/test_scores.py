"""The catalogue of scores: what each entry promises, over all of them."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from convbench.scores import SCORES, SELECTING, default_score, scores_for

RNG = np.random.default_rng(1)
CLASSES = RNG.choice(5, 400, p=[0.5, 0.2, 0.15, 0.1, 0.05])
OUTPUTS = RNG.random((400, 5)) + 0.4 * np.eye(5)[CLASSES]
MANY = (RNG.random((400, 4)) < [0.5, 0.2, 0.05, 0.3]).astype(np.uint8)
PROBABILITIES = np.clip(0.4 * MANY + 0.6 * RNG.random(MANY.shape), 0, 1)


def _given(score):
    if score.labels == "single":
        return CLASSES, OUTPUTS
    return MANY, PROBABILITIES if score.beta is None else PROBABILITIES >= 0.5


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_a_score_is_a_number_from_0_to_1(score):
    assert 0 < score.of(*_given(score)) < 1


@pytest.mark.parametrize("score", SELECTING.values(), ids=SELECTING)
def test_what_images_add_has_the_score_for_a_mean(score):
    labels, outputs = _given(score)

    assert score.per_image(labels, outputs).mean() == pytest.approx(score.of(labels, outputs))


def test_accuracies_are_those_of_scikit_learn():
    predicted = OUTPUTS.argmax(axis=1)

    assert SCORES["accuracy"].of(CLASSES, OUTPUTS) == accuracy_score(CLASSES, predicted)
    assert SCORES["balanced_accuracy"].of(CLASSES, OUTPUTS) == pytest.approx(
        balanced_accuracy_score(CLASSES, predicted)
    )


@pytest.mark.parametrize("labels", ["single", "multi"])
def test_each_kind_of_labels_has_a_score_to_choose_by(labels):
    assert default_score(labels) in scores_for(labels)


def test_names_are_columns_and_titles_are_words():
    assert [s.name for s in SCORES.values() if s.name != s.title.lower().replace(" ", "_")] == []
