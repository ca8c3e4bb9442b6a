"""The catalogue of architectures.

A new one is a file beside this one, or an entry in its family's file, and a line below. Torchvision's
classifiers come by their own names, a user's own as ``package.module:function``.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from convbench.errors import UserError
from convbench.models.base import Architecture
from convbench.models.own import is_own, own_architecture
from convbench.models.resnet_cifar import PLAIN_TWINS, RESNETS
from convbench.models.resnet_plain import PLAIN18, PLAIN34
from convbench.models.simple_cnn import SIMPLE_CNNS
from convbench.models.torchvision_zoo import torchvision_architecture, torchvision_names

ARCHITECTURES: Mapping[str, Architecture] = {
    **SIMPLE_CNNS,
    **RESNETS,
    **PLAIN_TWINS,
    "plain18": PLAIN18,
    "plain34": PLAIN34,
}


def architecture_names() -> list[str]:
    """Name every architecture, torchvision's included: importing it takes a moment."""
    return [*ARCHITECTURES, *torchvision_names()]


def architecture_of(name: str) -> Architecture:
    """Return the architecture called ``name``: of the catalogue, a user's own, or torchvision's.

    Raises ``UserError`` where there is none, with the names that there are.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if is_own(name):
        return own_architecture(name)
    if name in torchvision_names():
        return torchvision_architecture(name)
    names = architecture_names()
    close = " or ".join(repr(each) for each in get_close_matches(name, names))
    raise UserError(
        f"no architecture {name!r}{f' (did you mean {close}?)' if close else ''}; there are "
        f"{', '.join(names)}, and your own as 'package.module:function'"
    )
