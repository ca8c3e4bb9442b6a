"""What augmentations that mix have in common: partners, and targets that are blended as images are."""

import torch
from torch import Generator, Tensor


def partners(count: int, draw: Generator) -> Tensor:
    """Return the image of the batch that each one is mixed with ``[count]``: each is one's partner."""
    return torch.randperm(count, generator=draw)


def blend(own: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """Return ``share`` ``[B]`` of each row of ``own`` ``[B, ...]``, and the rest of the others' row."""
    share = share.to(own).view(-1, *[1] * (own.ndim - 1))
    return share * own + (1 - share) * others


def blend_targets(targets: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    """Blend class probabilities, or values of 0 and 1, ``[B, K]``, each with its partner's."""
    assert targets.ndim == 2, "mixing needs a value a class, not class numbers"
    assert targets.is_floating_point(), "mixing needs a value a class, not class numbers"
    return blend(targets, targets[partner], share)
