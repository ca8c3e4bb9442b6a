"""The optimizer, its learning-rate schedule and warm-up."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

ADAMW_BETA2 = 0.999
_STEP_AT, _STEP_FACTOR = (0.5, 0.75), 0.1
_CYCLE_UP, _CYCLE_START, _CYCLE_END = 0.3, 1 / 25, 1 / 25e4


def make_optimizer(
    kind: str,
    groups: Sequence[tuple[Iterable[nn.Parameter], float]],
    momentum: float,
    weight_decay: float,
) -> Optimizer:
    """Make ``sgd`` (Nesterov) or ``adamw`` over ``(parameters, lr)`` groups.

    Weight decay applies to tensors of two or more dimensions only: to no bias and to no norm. Each group
    becomes two parameter groups of the optimizer for it, the decayed one first.
    """
    split: list[dict[str, Any]] = []
    for parameters, lr in groups:
        every = list(parameters)
        decayed, free = [p for p in every if p.ndim > 1], [p for p in every if p.ndim <= 1]
        split.append({"params": decayed, "lr": lr, "weight_decay": weight_decay})
        split.append({"params": free, "lr": lr, "weight_decay": 0.0})
    if kind == "sgd":
        return SGD(split, lr=1.0, momentum=momentum, nesterov=momentum > 0)
    # Fused, as its square root is the processor's own; the plain one's differs between processors.
    return AdamW(split, betas=(momentum, ADAMW_BETA2), fused=True)


def set_lrs(optimizer: Optimizer, lrs: Iterable[float]) -> None:
    """Set the learning rate of each group that ``make_optimizer`` was given."""
    both = [lr for lr in lrs for _ in ("decayed", "free")]
    for group, lr in zip(optimizer.param_groups, both, strict=True):
        group["lr"] = lr


def make_scheduler(kind: str, optimizer: Optimizer, steps: int, warmup: int = 0) -> LRScheduler:
    """Make a schedule over ``steps``, the first ``warmup`` of which rise linearly to the peak.

    - ``constant``: the peak throughout.
    - ``cosine``: from the peak to zero after the last step (Loshchilov & Hutter 2017, without restarts).
    - ``step``: divided by ten at a half and at three quarters (as He et al. 2016 do on CIFAR-10).
    - ``one_cycle``: from 1/25 of the peak up to it in three tenths of the steps, then down to 1/250,000
      of it, both by cosine (Smith & Topin 2018; PyTorch's ``OneCycleLR`` with constant momentum).
    """
    warmup = min(warmup, steps - 1)
    rest = steps - warmup

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return _SCHEDULES[kind](step - warmup, rest)

    return LambdaLR(optimizer, factor)


def _cosine(step: int, steps: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def _stepped(step: int, steps: int) -> float:
    return math.prod(_STEP_FACTOR for share in _STEP_AT if step >= share * steps)


def _one_cycle(step: int, steps: int) -> float:
    top = _CYCLE_UP * steps - 1
    if step <= top:
        return _anneal(_CYCLE_START, 1.0, step / top)
    return _anneal(1.0, _CYCLE_END, min(1.0, (step - top) / (steps - 1 - top)))


def _anneal(start: float, end: float, share: float) -> float:
    """Go from ``start`` to ``end`` along half a cosine."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


_SCHEDULES: Mapping[str, Callable[[int, int], float]] = {
    "constant": lambda step, steps: 1.0,
    "cosine": _cosine,
    "step": _stepped,
    "one_cycle": _one_cycle,
}
