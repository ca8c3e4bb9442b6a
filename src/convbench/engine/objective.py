"""What a network is trained for: one label per image, or several."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from convbench.scores import scores_for
from convbench.scores.base import Labels

Loss = Callable[[Tensor, Tensor], Tensor]
"""``(logits, targets)``: the mean over images; targets are class numbers, or values ``[n, C]``."""


@dataclass(frozen=True)
class Objective:
    """A loss, and what is made of the logits ``[n, C]``."""

    loss: Loss
    probabilities: Callable[[Tensor], Tensor]
    scores: Callable[[Tensor, np.ndarray], Mapping[str, float]]
    """``(logits, labels)``: every score that needs no threshold, in [0, 1]."""
    correct: Callable[[Tensor, Tensor], Tensor] | None
    """``(logits, labels)`` -> which images are classified correctly, ``[n]``; ``None``: multi-label."""
    training_loss: Callable[[float, Tensor | None], Loss]
    """``(label smoothing, class weights [C])`` -> what training minimises."""
    balance: Callable[[np.ndarray], np.ndarray]
    """Training labels -> the class weights ``[C]`` that make up for their frequencies."""


def _correct(logits: Tensor, labels: Tensor) -> Tensor:
    return logits.argmax(dim=1) == labels


def _scores(labels: Labels) -> Callable[[Tensor, np.ndarray], Mapping[str, float]]:
    """Return what computes every score of a kind of labels that needs no threshold."""
    known = [score for score in scores_for(labels) if score.beta is None]

    def scores(outputs: Tensor, truth: np.ndarray) -> Mapping[str, float]:
        return {score.name: score.of(truth, outputs.numpy()) for score in known}

    return scores


_single, _multi = _scores("single"), _scores("multi")


def _cross_entropy(smoothing: float, weights: Tensor | None) -> Loss:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        weight = None if weights is None else weights.to(logits)
        return F.cross_entropy(logits, targets, weight, label_smoothing=smoothing)

    return loss


def _binary_cross_entropy(smoothing: float, weights: Tensor | None) -> Loss:
    """Return the binary loss, a mean over labels; smoothing moves each target towards one half."""

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        weight = None if weights is None else weights.to(logits)
        smooth = targets.to(logits) * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(logits, smooth, pos_weight=weight)

    return loss


def _balanced(labels: np.ndarray) -> np.ndarray:
    """Return n / (C n_c) for class c: scikit-learn's ``balanced``, after King & Zeng (2001)."""
    counts = np.bincount(labels)
    return np.asarray(len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)))


def _positives(labels: np.ndarray) -> np.ndarray:
    """Return for each label how many images lack it for one that has it."""
    present = labels.sum(axis=0)
    return np.asarray((len(labels) - present) / np.maximum(present, 1))


ONE_LABEL = Objective(
    loss=F.cross_entropy,
    probabilities=lambda logits: logits.softmax(dim=1),
    scores=_single,
    correct=_correct,
    training_loss=_cross_entropy,
    balance=_balanced,
)
SEVERAL_LABELS = Objective(
    loss=lambda logits, targets: F.binary_cross_entropy_with_logits(logits, targets.to(logits)),
    probabilities=torch.sigmoid,
    scores=lambda logits, labels: _multi(logits.sigmoid(), labels),
    correct=None,
    training_loss=_binary_cross_entropy,
    balance=_positives,
)
