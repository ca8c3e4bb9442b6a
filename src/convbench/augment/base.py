"""The definition of an augmentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbench.catalogue import DESCRIBES
from convbench.config.changes import Change

if TYPE_CHECKING:  # the catalogue is read without torch
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Augmentation:
    """A random change of training images.

    ``apply`` takes images ``[B, C, H, W]`` in [0, 1] of three channels (red, green, blue) or one,
    targets (class numbers ``[B]`` or class probabilities ``[B, K]``) and a generator of the CPU, and
    returns images and targets. Each image has random amounts of its own; the input stays unchanged.
    """

    apply: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
    changes: frozenset[Change] = field(metadata=DESCRIBES)
    """Kinds of change that it makes: it is refused for datasets whose labels one of them may break."""
    description: str = field(metadata=DESCRIBES)
    """What it does to an image, for the report."""
    mixes: bool = False
    """Whether it blends images and targets, which are then probabilities, or 0 and 1, ``[B, K]``."""


def in_sequence(parts: Sequence[Augmentation]) -> Augmentation:
    """Return the augmentation that applies ``parts`` one after the other."""

    def apply(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        for part in parts:
            images, targets = part.apply(images, targets, generator)
        return images, targets

    return Augmentation(
        apply,
        changes=frozenset().union(*(part.changes for part in parts)),
        mixes=any(part.mixes for part in parts),
        description="; then ".join(part.description for part in parts),
    )
