"""The catalogue of architectures.

A new one is a function in a file beside this one, and an entry below. Torchvision's classifiers are
known by their own names, a user's own as ``package.module:function``.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from convbench.catalogue import lazy
from convbench.errors import UserError
from convbench.models.base import SMALL_BELOW, Architecture
from convbench.models.facts import torchvision_names
from convbench.models.torchvision_zoo import torchvision_architecture


def _simple_cnn(pool: str, last_pool: str, maps: int | None = None) -> Architecture:
    build = "convbench.models.simple_cnn:simple_cnn"
    return Architecture(lazy(build, pool=pool, last_pool=last_pool, maps=maps), head="head")


def _of_cifar(depth: int, *, skips: bool) -> Architecture:
    return Architecture(
        lazy("convbench.models.resnet_cifar:resnet_cifar", depth=depth, skips=skips),
        head="linear",
        family="resnet_cifar",
        depth=depth,
        plain=not skips,
    )


def _plain_of_imagenet(depth: int, *blocks: int) -> Architecture:
    return Architecture(
        lazy("convbench.models.resnet_plain:resnet_plain", blocks=blocks),
        head="fc",
        small_below=SMALL_BELOW,
        family="resnet",
        depth=depth,
        plain=True,
    )


_DEPTHS_OF_CIFAR = (20, 32, 44, 56, 110)

ARCHITECTURES: Mapping[str, Architecture] = {
    "simple_cnn": _simple_cnn("max", "max"),
    "simple_cnn_average": _simple_cnn("average", "average"),
    "simple_cnn_strided": _simple_cnn("strided", "strided"),
    "simple_cnn_global": _simple_cnn("max", "global", maps=1),
    "simple_cnn_pyramid": _simple_cnn("max", "pyramid", maps=1 + 4 + 16),
    **{f"resnet{depth}": _of_cifar(depth, skips=True) for depth in _DEPTHS_OF_CIFAR},
    **{f"plain{depth}": _of_cifar(depth, skips=False) for depth in _DEPTHS_OF_CIFAR},
    "plain18": _plain_of_imagenet(18, 2, 2, 2, 2),
    "plain34": _plain_of_imagenet(34, 3, 4, 6, 3),
}


def architecture_names() -> list[str]:
    """Name every architecture, torchvision's included."""
    return [*ARCHITECTURES, *torchvision_names()]


def architecture_of(name: str) -> Architecture:
    """Return the architecture called ``name``: of the catalogue, a user's own, or torchvision's.

    Raises ``UserError`` where there is none, with the names that there are.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if _is_own(name):
        from convbench.models.own import own_architecture  # here: it imports torch

        return own_architecture(name)
    if name in torchvision_names():
        return torchvision_architecture(name)
    names = architecture_names()
    close = " or ".join(repr(each) for each in get_close_matches(name, names))
    raise UserError(
        f"no architecture {name!r}{f' (did you mean {close}?)' if close else ''}; there are "
        f"{', '.join(names)}, and your own as 'package.module:function'"
    )


def _is_own(name: str) -> bool:
    """Tell whether an architecture's name is that of something in a user's module."""
    return re.fullmatch(r"[\w.]+:\w+", name) is not None
