"""Every classifier of torchvision, by its name there, with the head for a task's classes.

What differs from family to family is what the classifier is called and what counts as a block: the
table below. Residual networks get a stem for small images, as everyone gives them who trains them on
CIFAR: a 3x3 convolution of stride 1 and no pooling instead of 7x7, stride 2 and pooling, which would
leave a 32-pixel image at 8x8 before the first block. Auxiliary classifiers are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch import nn

from convbench.models.base import SMALL_BELOW, Architecture

Build = Callable[[int, int], nn.Module]


@dataclass(frozen=True)
class _Family:
    """What torchvision's networks of one family have in common."""

    head: str
    opened: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    small_below: int = 0
    options: Callable[[int], dict[str, Any]] = lambda side: {}
    """The image size -> what torchvision's function wants to be told besides."""


_RESNET = _Family("fc", small_below=SMALL_BELOW)
_GOOGLE = _Family("fc", options=lambda side: {"aux_logits": False, "init_weights": True})

_FAMILIES: Mapping[str, _Family] = {  # the start of a name -> its family
    "alexnet": _Family("classifier.6", opened=("features",)),
    "convnext": _Family("classifier.2", opened=("features",)),
    "densenet": _Family(
        "classifier",
        opened=("features",),
        joined=tuple(f"features.transition{number}" for number in (1, 2, 3)),
    ),
    "efficientnet": _Family("classifier.1", opened=("features",)),
    "googlenet": _GOOGLE,
    "inception": _GOOGLE,
    "maxvit": _Family(
        "classifier.5", opened=("blocks",), options=lambda side: {"input_size": (side, side)}
    ),
    "mnasnet": _Family("classifier.1", opened=("layers",)),
    "mobilenet_v2": _Family("classifier.1", opened=("features",)),
    "mobilenet_v3": _Family("classifier.3", opened=("features",)),
    "regnet": _Family("fc", opened=("trunk_output",)),
    "resnet": _RESNET,
    "resnext": _RESNET,
    "shufflenet": _Family("fc"),
    "squeezenet": _Family("classifier.1", opened=("features",)),
    "swin": _Family("head", opened=("features",)),
    "vgg": _Family("classifier.6", opened=("features",)),
    "vit": _Family(
        "heads.head",
        opened=("encoder", "encoder.layers"),
        options=lambda side: {"image_size": side},
    ),
    "wide_resnet": _RESNET,
}


@cache
def torchvision_names() -> tuple[str, ...]:
    """Name torchvision's classifiers."""
    from convbench.vision import torchvision

    return tuple(torchvision.models.list_models(module=torchvision.models))


@cache
def torchvision_architecture(name: str) -> Architecture:
    """Describe the classifier that torchvision calls ``name``."""
    family = next(family for start, family in _FAMILIES.items() if name.startswith(start))
    return Architecture(
        _builder(name, family), family.head, family.opened, family.joined, family.small_below
    )


def _builder(name: str, family: _Family) -> Build:
    def build(classes: int, image_size: int) -> nn.Module:
        from convbench.vision import torchvision

        options = {"num_classes": classes, **family.options(image_size)}
        network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
        if image_size < family.small_below:
            _give_small_stem(network)
        if name.startswith("mnasnet"):
            _let_load_plain_tensors(network)
        return network

    return build


def _give_small_stem(network: nn.Module) -> None:
    """Replace a ResNet's stem by a 3x3 convolution of stride 1, drawn as the others are."""
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()


def _let_load_plain_tensors(network: nn.Module) -> None:
    """Let a MNASNet load plain tensors, as every other network does.

    Torchvision's wants the version number that its own files carry, and safetensors do not. It tells
    apart a stem of 2019 that nobody has; with another stem the shapes would not fit.
    """
    load = {"_load_from_state_dict": nn.Module._load_from_state_dict}
    network.__class__ = type("MNASNet", (type(network),), load)
