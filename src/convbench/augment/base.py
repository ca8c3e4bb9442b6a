"""What an augmentation is: what it does to a batch, and in words that a dataset understands."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Generator, Tensor

from convbench.config.changes import Change


@dataclass(frozen=True)
class Augmentation:
    """A change of training images.

    ``apply`` maps a batch to another: images ``[B, 3, H, W]`` in [0, 1] and targets, class numbers
    ``[B]`` or class probabilities ``[B, C]``. Each image has its own draw, from the generator that is
    passed in and from nothing else.
    """

    apply: Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
    changes: frozenset[Change]
    """Kinds of change it makes: refused where a dataset's labels would not survive one."""
