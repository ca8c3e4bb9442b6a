"""What the benchmark needs to know about an architecture."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Architecture:
    """A network family member, built for a number of classes and an input size."""

    build: Callable[[int, int], nn.Module]
    """``(classes, image_size)`` -> network from RGB ``[B, 3, image_size, image_size]`` to logits
    ``[B, classes]``. Initial weights are drawn from torch's global generator."""
    head: str
    """The classifier's name: ``network.get_submodule(head)``. Transfer replaces it."""
