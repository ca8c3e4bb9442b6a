"""The catalogue of augmentations. A new one is a file beside this one and a line below.

An augmentation maps a training batch to another: images ``[B, 3, H, W]`` in [0, 1] and targets,
class numbers ``[B]`` or class probabilities ``[B, C]``. Each image has its own draw, from the
generator that is passed in and from nothing else.
"""

from collections.abc import Callable, Mapping

from torch import Generator, Tensor

from convbench.augment.affine import affine
from convbench.augment.none import none

Augment = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]

AUGMENTS: Mapping[str, Augment] = {
    "none": none,
    "affine": affine,
}
