"""Apply one operation of random strength to each image: TrivialAugment, in its wide variant.

*TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation* (Mueller and Hutter, 2021): one of
fourteen operations at one of 31 strengths, uniformly. The wide ranges reach up to rotations of 135
degrees, almost black images, and shifts of 32 pixels (at most the side).
"""

import torch
from torch import Generator, Tensor

from convbench.augment.ops.operations import OPERATIONS, Most, operate

_STRENGTHS = 31


def trivial_augment(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Apply to each image ``[C, S, S]`` a random operation of random strength and direction."""
    count, side = len(images), images.shape[-1]
    chosen = torch.randint(0, len(OPERATIONS), (count,), generator=generator)
    strength = torch.randint(0, _STRENGTHS, (count,), generator=generator).double() / (_STRENGTHS - 1)
    direction = torch.randint(0, 2, (count,), generator=generator) * 2 - 1
    most = Most(shear=0.99, shift=min(32, side), rotation=135, factor=0.99, bits=6)
    return operate(images, chosen, direction * strength, most), targets
