"""What an augmentation is: what it does to a batch, and in words that a dataset understands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Generator, Tensor

from convbench.config.changes import Change


@dataclass(frozen=True)
class Augmentation:
    """A change of training images.

    ``apply`` maps a batch to another: images ``[B, C, H, W]`` in [0, 1], of three channels (red,
    green, blue) or one, and targets, class numbers ``[B]`` or class probabilities ``[B, K]``. Each
    image has its own draw, from the generator that is passed in and from nothing else: a generator of
    the CPU, wherever the images are. The batch that is passed in is left as it is.
    """

    apply: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
    changes: frozenset[Change]
    """Kinds of change it makes: refused where a dataset's labels would not survive one."""
    mixes: bool = False
    """It blends images, and their targets as much: these are probabilities ``[B, K]``, or 0 and 1."""
    says: str = ""
    """What it does, in a few words for the report."""


def in_turn(parts: Sequence[Augmentation]) -> Augmentation:
    """Return the augmentation that does what ``parts`` do, one after the other."""

    def apply(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
        for part in parts:
            images, targets = part.apply(images, targets, draw)
        return images, targets

    return Augmentation(
        apply,
        changes=frozenset().union(*(part.changes for part in parts)),
        mixes=any(part.mixes for part in parts),
        says="; then ".join(part.says for part in parts),
    )
