"""Two operations an image, of one strength: RandAugment with N = 2 and M = 9.

*RandAugment: Practical Automated Data Augmentation with a Reduced Search Space* (Cubuk et al., 2020):
two of fourteen operations, drawn with replacement, done in turn, at 9/10 of AutoAugment's ranges; those
that have a direction take either. N and M are the paper's of ResNet-50 on ImageNet, and M counts to 10,
as its section 3 and its authors' code have it. (torchvision counts to 30 by default, a third as strong:
its ``RandAugment(2, 9, num_magnitude_bins=11)`` is this one.)
"""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.operations import OPERATIONS, Most, operate

_OPERATIONS = 2
_LEVEL = 9 / 10
_SHIFT = 150 / 331  # of the side


def rand_augment(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each square image ``[C, S, S]`` its own two operations, each in its own direction."""
    most = Most(shear=0.3, shift=_SHIFT * images.shape[-1], turn=30, factor=0.9, bits=4)
    for _ in range(_OPERATIONS):
        chosen = torch.randint(0, len(OPERATIONS), (len(images),), generator=draw)
        direction = torch.randint(0, 2, (len(images),), generator=draw) * 2 - 1
        images = operate(images, chosen, direction * _LEVEL, most)
    return images, targets


RAND_AUGMENT = Augmentation(
    rand_augment,
    changes=frozenset({"shift_and_scale", "any_turn", "colour", "hide_part"}),
    says="two of fourteen operations on place and colour, such as turns of 27 degrees",
)
