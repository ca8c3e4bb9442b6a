"""What a strategy says: which parameters learn, and how fast."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ParamGroup:
    """Parameters that share a peak learning rate."""

    parameters: list[nn.Parameter]
    lr: float


@dataclass(frozen=True)
class Strategy:
    """A transfer strategy."""

    groups: Callable[[nn.Module, str, float, float | None], list[ParamGroup]]
    """``(network, head, lr, body_lr)``: freeze what does not learn, return what does."""
    pretrained: bool
    """Whether it starts from weights that were trained elsewhere."""
    two_rates: bool = False
    """Whether it needs a ``body_lr`` beside ``lr``."""
