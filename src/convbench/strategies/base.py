"""What a strategy says: which parameters learn, from when on, and how fast."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Parts:
    """The parameters of a network, by depth."""

    blocks: Sequence[list[nn.Parameter]]
    """Of the body, from the input up."""
    head: list[nn.Parameter]
    """Of the classifier."""


@dataclass(frozen=True)
class Rates:
    """What a config says of a strategy's rates; each strategy uses its own part of it."""

    lr: float
    """Of the head, and of all that has no rate of its own."""
    body_lr: float | None = None
    layer_decay: float | None = None
    """The factor by which the body's rate falls from one block to the one below it."""
    probe_lr: float | None = None
    probe_epochs: int | None = None
    unfreeze_every: int | None = None


@dataclass(frozen=True)
class ParamGroup:
    """Parameters that share a peak learning rate."""

    parameters: list[nn.Parameter]
    lr: float
    start: int = 1
    """The epoch of the phase, from 1, from which on they learn; until then they are frozen."""


@dataclass(frozen=True)
class Phase:
    """Some epochs with one optimiser and one schedule. What is in no group is frozen."""

    epochs: int
    groups: list[ParamGroup]
    """The head's comes last."""


@dataclass(frozen=True)
class Strategy:
    """A transfer strategy."""

    phases: Callable[[Parts, Rates, int], list[Phase]]
    """``(parts, rates, epochs)`` -> the phases, ``epochs`` in all; none: nothing is trained."""
    pretrained: bool
    """Whether it starts from weights that were trained elsewhere."""
    needs: frozenset[str] = frozenset()
    """Settings beside ``lr`` that it cannot do without: names of ``Rates``."""
    takes: frozenset[str] = frozenset()
    """Settings that it can use."""
    keeps_head: bool = False
    """Whether the classifier too comes from the weights; else it is a new one."""


def body_groups(blocks: Sequence[list[nn.Parameter]], rates: Rates) -> list[ParamGroup]:
    """Give the body its rate: the topmost block ``body_lr``, each one below ``layer_decay`` times that.

    *Universal Language Model Fine-tuning* (Howard & Ruder 2018, section 3.2) calls the latter
    discriminative fine-tuning; without it, the body is one group.
    """
    assert rates.body_lr is not None, "the plan refuses a strategy without the rates that it needs"
    if rates.layer_decay is None:
        return [ParamGroup([parameter for block in blocks for parameter in block], rates.body_lr)]
    top = len(blocks) - 1
    return [
        ParamGroup(block, rates.body_lr * rates.layer_decay ** (top - place))
        for place, block in enumerate(blocks)
    ]
