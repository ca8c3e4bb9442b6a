"""Training phases: the trainable parameters and their learning rates, by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the catalogue of strategies is read without torch
    from torch import nn


@dataclass(frozen=True)
class ParamGroup:
    """Parameters that share a peak learning rate."""

    parameters: Sequence[nn.Parameter]
    lr: float
    start: int = 1
    """The epoch of the phase, from 1, from which on they learn; until then they are frozen."""


@dataclass(frozen=True)
class Phase:
    """Some epochs with one optimizer and one schedule. What is in no group is frozen."""

    epochs: int
    groups: Sequence[ParamGroup]
    """The classifier's comes last."""


def backbone_lr_of(rate: float | str, lr: float) -> float:
    """Return the backbone's peak learning rate as a config gives it: a number, or ``lr/N``.

    ``lr`` is the classifier's.
    """
    return lr / int(rate.removeprefix("lr/")) if isinstance(rate, str) else rate
