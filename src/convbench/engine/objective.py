"""What a network is trained for: one label an image, or several."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor, from_numpy, stack
from torch.nn import functional as F

from convbench.engine.scores import mean_average_precision


@dataclass(frozen=True)
class Objective:
    """A loss, and what is made of the logits ``[n, C]``."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """``(logits, targets)``: the mean over images; targets are class numbers, or values ``[n, C]``."""
    probabilities: Callable[[Tensor], Tensor]
    scores: Callable[[Tensor, np.ndarray], Mapping[str, float]]
    """``(logits, labels)``: every score that needs no threshold, in [0, 1]."""
    right: Callable[[Tensor, Tensor], Tensor] | None
    """Which images are classified rightly, ``[n]``; ``None`` where that is no fair question."""


def _right(logits: Tensor, labels: Tensor) -> Tensor:
    return logits.argmax(dim=1) == labels


def _accuracies(logits: Tensor, labels: np.ndarray) -> Mapping[str, float]:
    """Return accuracy, and the mean over classes of each one's accuracy (balanced accuracy)."""
    truth = from_numpy(labels)
    right = _right(logits, truth).double()
    per_class = [right[truth == label].mean() for label in truth.unique()]
    return {"accuracy": right.mean().item(), "accuracy_per_class": stack(per_class).mean().item()}


def _precision(logits: Tensor, labels: np.ndarray) -> Mapping[str, float]:
    return {"mean_average_precision": mean_average_precision(labels, logits.sigmoid().numpy())}


ONE_LABEL = Objective(
    loss=F.cross_entropy,
    probabilities=lambda logits: logits.softmax(dim=1),
    scores=_accuracies,
    right=_right,
)
SEVERAL_LABELS = Objective(
    loss=lambda logits, targets: F.binary_cross_entropy_with_logits(logits, targets.to(logits)),
    probabilities=lambda logits: logits.sigmoid(),
    scores=_precision,
    right=None,
)
