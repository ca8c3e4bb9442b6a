"""Evaluate a network on images that it does not learn from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from convbench.engine.batches import Images, Standardise, batches
from convbench.engine.objective import Objective

_BATCH = 256  # images a step, at most; per-image results do not depend on it beyond rounding
_PIXELS = 2**20  # a step, at most: 256 images of 64 pixels, 20 of 224


@dataclass(frozen=True)
class Evaluation:
    """Predictions and their scores, means over images."""

    probabilities: np.ndarray
    """float32 ``[n, C]``, in the order of the images."""
    loss: float
    """Cross-entropy in nats; multi-label: the mean over labels of the binary one."""
    scores: Mapping[str, float]
    """Those that need no threshold."""


@torch.no_grad()
def evaluate(
    network: nn.Module, images: Images, standardise: Standardise, objective: Objective
) -> Evaluation:
    """Score ``network`` in evaluation mode; it is left in that mode."""
    network.eval()
    device = next(network.parameters()).device
    size = min(_BATCH, max(1, _PIXELS // images.pixels[0, ..., 0].size))
    logits = torch.cat([network(standardise(x)) for x, _ in batches(images, size, device)]).cpu()
    return Evaluation(
        probabilities=objective.probabilities(logits).numpy(),
        loss=objective.loss(logits.double(), torch.from_numpy(images.labels)).item(),
        scores=objective.scores(logits, images.labels),
    )
