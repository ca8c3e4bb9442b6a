"""Apply two random operations of one strength to each image: RandAugment with N = 2 and M = 9.

*RandAugment: Practical Automated Data Augmentation with a Reduced Search Space* (Cubuk et al., 2020):
two of fourteen operations, drawn with replacement, one after the other, at 9/10 of AutoAugment's ranges,
in a random direction. N and M are the paper's for ResNet-50 on ImageNet; M is out of 10, as in its
section 3 and its authors' code. (In torchvision M is out of 30 by default, a third as strong: its
``RandAugment(2, 9, num_magnitude_bins=11)`` is this one.)
"""

import torch
from torch import Generator, Tensor

from convbench.augment.ops.operations import OPERATIONS, Most, operate

_OPERATIONS = 2
_LEVEL = 9 / 10
_SHIFT = 150 / 331  # of the side


def rand_augment(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Apply to each image ``[C, S, S]`` two random operations in random directions."""
    most = Most(shear=0.3, shift=_SHIFT * images.shape[-1], rotation=30, factor=0.9, bits=4)
    for _ in range(_OPERATIONS):
        chosen = torch.randint(0, len(OPERATIONS), (len(images),), generator=generator)
        direction = torch.randint(0, 2, (len(images),), generator=generator) * 2 - 1
        images = operate(images, chosen, direction * _LEVEL, most)
    return images, targets
