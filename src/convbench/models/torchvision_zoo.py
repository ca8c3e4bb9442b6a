"""Every classifier of torchvision, by its name there.

What differs from family to family is what the classifier is called and what counts as a block: the
table below. Residual networks get a stem for small images.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from convbench.catalogue import lazy
from convbench.models.base import SMALL_BELOW, Architecture


@dataclass(frozen=True)
class _Family:
    """What torchvision's networks of one family have in common."""

    head: str
    opened: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    small_below: int = 0
    linear_head: bool = False
    """Whether the network gets another classifier than torchvision's."""
    redrawn: bool = False
    """Whether the classifier's initial weights are drawn otherwise than torchvision draws them."""


_RESNET = _Family("fc", small_below=SMALL_BELOW)

_FAMILIES: Mapping[str, _Family] = {  # the start of a name -> its family
    "alexnet": _Family("classifier.6", opened=("features",)),
    "convnext": _Family("classifier.2", opened=("features",)),
    "densenet": _Family(
        "classifier",
        opened=("features",),
        joined=tuple(f"features.transition{number}" for number in (1, 2, 3)),
    ),
    "efficientnet": _Family("classifier.1", opened=("features",), redrawn=True),
    "googlenet": _Family("fc"),
    "inception": _Family("fc", redrawn=True),
    "maxvit": _Family("classifier.5", opened=("blocks",)),
    "mnasnet": _Family("classifier.1", opened=("layers",), redrawn=True),
    "mobilenet_v2": _Family("classifier.1", opened=("features",)),
    "mobilenet_v3": _Family("classifier.3", opened=("features",)),
    "regnet": _Family("fc", opened=("trunk_output",)),
    "resnet": _RESNET,
    "resnext": _RESNET,
    "shufflenet": _Family("fc"),
    "squeezenet": _Family("classifier.1", opened=("features",), linear_head=True),
    "swin": _Family("head", opened=("features",)),
    "vgg": _Family("classifier.6", opened=("features",)),
    "vit": _Family("heads.head", opened=("encoder", "encoder.layers")),
    "wide_resnet": _RESNET,
}
_COUNTING = ("densenet", "resnet", "resnext", "vgg", "wide_resnet")
"""Families whose names count the weighted layers."""


@cache
def torchvision_architecture(name: str) -> Architecture:
    """Describe the classifier that torchvision calls ``name``."""
    start, family = next(each for each in _FAMILIES.items() if name.startswith(each[0]))
    counted = re.match(rf"(?:{'|'.join(_COUNTING)})(\d+)", name)
    build = "convbench.models.torchvision_network:torchvision_network"
    changes: dict[str, object] = {"linear_head": True} if family.linear_head else {}
    changes |= {"redrawn": family.head} if family.redrawn else {}
    return Architecture(
        lazy(build, name=name, small_below=family.small_below, **changes),
        family.head,
        family.opened,
        family.joined,
        family.small_below,
        published=lazy(build, name=name) if family.linear_head else None,
        family=start,
        depth=int(counted[1]) if counted else None,
    )
