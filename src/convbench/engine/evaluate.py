"""What a network says of images that it does not learn from."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from convbench.engine.batches import Images, Standardise, batches

_BATCH = 256  # images a step; per-image results do not depend on it beyond rounding


@dataclass(frozen=True)
class Evaluation:
    """Predictions and their scores, means over images."""

    probabilities: np.ndarray
    """float32 ``[n, C]``, in the order of the images."""
    loss: float
    """Cross-entropy in nats."""
    accuracy: float
    accuracy_per_class: float
    """The mean over classes of each class's accuracy: balanced accuracy, macro recall."""


@torch.no_grad()
def evaluate(network: nn.Module, images: Images, standardise: Standardise) -> Evaluation:
    """Score ``network`` in evaluation mode; it is left in that mode."""
    network.eval()
    device = next(network.parameters()).device
    logits = torch.cat([network(standardise(x)) for x, _ in batches(images, _BATCH, device)]).cpu()
    labels = torch.from_numpy(images.labels)
    right = (logits.argmax(dim=1) == labels).double()
    per_class = [right[labels == label].mean() for label in labels.unique()]
    return Evaluation(
        probabilities=logits.softmax(dim=1).numpy(),
        loss=F.cross_entropy(logits.double(), labels).item(),
        accuracy=right.mean().item(),
        accuracy_per_class=torch.stack(per_class).mean().item(),
    )
