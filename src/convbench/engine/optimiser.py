"""The optimiser and its learning-rate schedule."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

ADAMW_BETA2 = 0.999


def make_optimiser(
    kind: str, groups: Sequence[tuple[Iterable[nn.Parameter], float]], momentum: float, decay: float
) -> Optimizer:
    """Build ``sgd`` (Nesterov) or ``adamw`` over ``(parameters, lr)`` groups.

    Only tensors of two or more dimensions are decayed: no bias, no norm.
    """
    split: list[dict[str, Any]] = []
    for parameters, lr in groups:
        every = list(parameters)
        split.append({"params": [p for p in every if p.ndim > 1], "lr": lr, "weight_decay": decay})
        split.append({"params": [p for p in every if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
    if kind == "sgd":
        return SGD(split, lr=1.0, momentum=momentum, nesterov=momentum > 0)
    return AdamW(split, betas=(momentum, ADAMW_BETA2))


def make_schedule(kind: str, optimiser: Optimizer, steps: int) -> LRScheduler:
    """Build ``constant``, or ``cosine``: from the peak at the first step to zero after the last."""
    if kind == "constant":
        return LambdaLR(optimiser, lambda step: 1.0)
    return LambdaLR(optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
