"""What a strategy is: which parameters are trained, from which epoch on, and how fast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from convbench.catalogue import DESCRIBES
from convbench.config.spec import OwnHyperparameters
from convbench.phases import ParamGroup, Phase, backbone_lr_of

if TYPE_CHECKING:  # a config is checked without torch
    from torch import nn

Trains = Literal["nothing", "classifier", "top", "all"]
"""Which layers a strategy trains: none, the classifier, it and the blocks below it, or all."""


@dataclass(frozen=True)
class Parts:
    """The parameters of a network, by depth."""

    blocks: Sequence[list[nn.Parameter]]
    """Of the backbone, from the input up."""
    classifier: list[nn.Parameter]


class Rates(OwnHyperparameters):
    """The hyperparameters of a config's strategy, with each learning rate a number."""

    lr: float
    """Of the classifier, and of all that has no rate of its own."""
    backbone_lr: float | None = None

    @classmethod
    def of(cls, settings: OwnHyperparameters, lr: float) -> Self:
        """Return the rates if the classifier's is ``lr``."""
        own = {name: getattr(settings, name) for name in OwnHyperparameters.model_fields}
        if own["backbone_lr"] is not None:
            own["backbone_lr"] = backbone_lr_of(own["backbone_lr"], lr)
        return cls(lr=lr, **own)


@dataclass(frozen=True)
class Strategy:
    """A transfer strategy."""

    phases: Callable[[Parts, Rates, int], list[Phase]]
    """``(parts, rates, epochs)`` -> the phases, ``epochs`` in all; none: nothing is trained."""
    description: str = field(metadata=DESCRIBES)
    """What it does, for the report: ``all layers are trained from random weights``."""
    trains: Trains = field(metadata=DESCRIBES)
    """Which layers it trains."""
    pretrained: bool = field(metadata=DESCRIBES)
    """Whether it starts from weights that were trained elsewhere."""
    needs: frozenset[str] = field(default=frozenset(), metadata=DESCRIBES)
    """Settings beside ``lr`` that it cannot do without: names of ``Rates``."""
    takes: frozenset[str] = field(default=frozenset(), metadata=DESCRIBES)
    """Settings that it can use."""
    keeps_classifier: bool = False
    """Whether the classifier too comes from the weights; else it is a new one."""


def backbone_groups(blocks: Sequence[list[nn.Parameter]], rates: Rates) -> list[ParamGroup]:
    """Give the topmost block ``backbone_lr`` and each block below ``layer_decay`` times the one above.

    *Universal Language Model Fine-tuning* (Howard & Ruder 2018, section 3.2) calls the latter
    discriminative fine-tuning; without it, the backbone is one group.
    """
    assert rates.backbone_lr is not None, "the plan refuses a strategy without the rates that it needs"
    if rates.layer_decay is None:
        return [ParamGroup([parameter for block in blocks for parameter in block], rates.backbone_lr)]
    top = len(blocks) - 1
    return [
        ParamGroup(block, rates.backbone_lr * rates.layer_decay ** (top - place))
        for place, block in enumerate(blocks)
    ]
