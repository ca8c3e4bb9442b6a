"""The definition of an architecture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbench.catalogue import DESCRIBES

if TYPE_CHECKING:  # the catalogue is read without torch
    from torch import nn

SMALL_BELOW = 64
"""Pixels: the residual networks of ImageNet get another stem for smaller images."""


@dataclass(frozen=True)
class Architecture:
    """A network family member, built for a number of classes and an input size."""

    build: Callable[[int, int], nn.Module]
    """``(classes, image_size)`` -> network from RGB ``[B, 3, image_size, image_size]`` to logits
    ``[B, classes]``. Initial weights are drawn from torch's global generator."""
    head: str
    """The classifier's name: ``network.get_submodule(head)``. Transfer replaces it."""
    opened: tuple[str, ...] = ()
    """Modules that are no block themselves, but whose children are: ``encoder.layers``."""
    joined: tuple[str, ...] = ()
    """Modules that are no block of their own, but the end of the block before them."""
    small_below: int = 0
    """Below this image size, in pixels, it is built with a stem for small images."""
    published: Callable[[int, int], nn.Module] | None = None
    """``build``, but with the classifier that published weights are for; ``None``: it is the same."""
    family: str | None = field(default=None, metadata=DESCRIBES)
    """Networks of one family differ in depth, and in whether they have skip connections."""
    depth: int | None = field(default=None, metadata=DESCRIBES)
    """Weighted layers, as its name counts them."""
    plain: bool = field(default=False, metadata=DESCRIBES)
    """Whether it lacks the skip connections of its family."""


def stem_note(architecture: Architecture, image_size: int) -> str:
    """Say which stem a network has where it is not the usual one; nothing where it is."""
    if image_size >= architecture.small_below:
        return ""
    return f"3x3 stem without pooling, for images below {architecture.small_below} px"
