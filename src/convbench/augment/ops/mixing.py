"""Mix images of a batch, and their targets in the same proportions."""

import torch
from torch import Generator, Tensor


def partners(count: int, generator: Generator) -> Tensor:
    """Return the index of the image that each one is mixed with: a random permutation ``[count]``."""
    return torch.randperm(count, generator=generator)


def blend(own: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """Return ``share * own + (1 - share) * others`` for each row ``[B, ...]``; ``share`` is ``[B]``."""
    share = share.to(own).view(-1, *[1] * (own.ndim - 1))
    return share * own + (1 - share) * others


def blend_targets(targets: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    """Blend class probabilities, or values of 0 and 1, ``[B, K]``, with those of the partners."""
    assert targets.ndim == 2, "mixing needs a value per class, not class numbers"
    assert targets.is_floating_point(), "mixing needs a value per class, not class numbers"
    return blend(targets, targets[partner], share)
