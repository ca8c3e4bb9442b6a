"""Scores of multi-label images, against independent computations."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, fbeta_score
from torch.nn import functional as F

from convbench.engine.objective import SEVERAL_LABELS
from convbench.scores import SCORES
from convbench.scores.average_precision import average_precisions, mean_average_precision
from convbench.scores.f_scores import F1_MACRO, F1_MICRO, F2, best_thresholds, f1_per_label

RNG = np.random.default_rng(0)
LABELS = (RNG.random((300, 4)) < [0.5, 0.2, 0.05, 0.0]).astype(np.float32)
PROBABILITIES = np.clip(LABELS * 0.3 + RNG.random(LABELS.shape) * 0.7, 0, 1).astype(np.float32)


def _average_precision(truth, probabilities):
    """Mean, over the images that carry the label, of the precision down to each of them."""
    order = np.argsort(-probabilities)
    hits = truth[order] > 0
    return (np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean()


def test_average_precision_is_the_mean_precision_at_each_hit():
    found = average_precisions(LABELS, PROBABILITIES)

    expected = [_average_precision(LABELS[:, label], PROBABILITIES[:, label]) for label in range(3)]
    assert found[:3] == pytest.approx(expected)


def test_a_label_that_nothing_carries_has_no_precision_and_is_not_in_the_mean():
    found = average_precisions(LABELS, PROBABILITIES)

    assert np.isnan(found[3])
    assert mean_average_precision(LABELS, PROBABILITIES) == pytest.approx(found[:3].mean())


@pytest.mark.parametrize("beta", [1, 2])
def test_no_threshold_beats_the_chosen_one(beta):
    chosen = best_thresholds(LABELS, PROBABILITIES, beta)

    for label in range(3):
        scores = [
            fbeta_score(LABELS[:, label], PROBABILITIES[:, label] >= threshold, beta=beta)
            for threshold in np.unique(PROBABILITIES[:, label])
        ]
        own = fbeta_score(LABELS[:, label], PROBABILITIES[:, label] >= chosen[label], beta=beta)
        assert own == pytest.approx(max(scores))
    assert chosen[3] == 0.5


def test_f_scores_agree_with_their_definitions():
    predicted = PROBABILITIES >= 0.5
    truth = LABELS > 0

    hits, wrong, missed = (predicted & truth), (predicted & ~truth), (~predicted & truth)
    micro = 2 * hits.sum() / (2 * hits.sum() + wrong.sum() + missed.sum())
    below = 2 * hits.sum(0) + wrong.sum(0) + missed.sum(0)
    per_label = np.where(below > 0, 2 * hits.sum(0) / np.maximum(below, 1), 1)
    images = 5 * hits.sum(1) + 4 * missed.sum(1) + wrong.sum(1)
    f2 = np.where(images > 0, 5 * hits.sum(1) / np.maximum(images, 1), 1)
    assert F1_MICRO.of(LABELS, predicted) == pytest.approx(micro)
    assert f1_per_label(LABELS, predicted) == pytest.approx(per_label)
    assert F1_MACRO.of(LABELS, predicted) == pytest.approx(
        per_label.mean()
    )  # the last label is predicted, of none
    assert F2.of(LABELS, predicted) == pytest.approx(f2.mean())


@pytest.mark.parametrize(("threshold", "counted"), [(0.5, [0, 1, 2, 3]), (1.1, [0, 1, 2])])
def test_a_label_that_is_neither_there_nor_said_is_not_in_macro_f1(threshold, counted):
    predicted = np.array([0.5, 0.5, 0.5, threshold]) <= PROBABILITIES

    expected = f1_score(LABELS, predicted, labels=counted, average="macro", zero_division=0.0)
    assert F1_MACRO.of(LABELS, predicted) == pytest.approx(expected)
    assert f1_per_label(LABELS, predicted)[3] == (0 if 3 in counted else 1)


def test_where_nothing_is_there_and_nothing_said_f1_is_1():
    assert F1_MACRO.of(np.zeros_like(LABELS), np.zeros_like(LABELS, dtype=bool)) == 1


def test_each_score_says_for_which_f_beta_its_thresholds_are_tuned():
    assert {score.name: score.beta for score in SCORES.values() if score.beta} == {
        "f1_micro": 1,
        "f1_macro": 1,
        "f2": 2,
    }


def test_a_network_that_diverged_scores_nothing():
    assert mean_average_precision(LABELS, np.full_like(PROBABILITIES, np.nan)) == 0


def test_the_loss_is_the_mean_binary_cross_entropy():
    logits, targets = torch.randn(7, 3), torch.tensor(LABELS[:7, :3])
    probabilities = logits.sigmoid()

    expected = -(targets * probabilities.log() + (1 - targets) * (1 - probabilities).log()).mean()

    assert SEVERAL_LABELS.loss(logits, targets).item() == pytest.approx(expected.item(), rel=1e-5)
    assert SEVERAL_LABELS.loss(logits, targets).item() != pytest.approx(
        F.cross_entropy(logits, targets).item()
    )
