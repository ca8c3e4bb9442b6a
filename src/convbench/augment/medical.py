"""Another patient's place and another exposure: turn, shift, brightness and contrast, a little.

Left and right stay what they are: the heart is on one side, and so is a kidney.
"""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.colour import brightness, contrast
from convbench.augment.warp import warp

_TURN = math.radians(10)
_SHIFT = 0.05  # of the side
_EXPOSURE = 0.2  # of brightness and contrast


def medical(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each image ``[C, S, S]`` its own turn, shift, brightness and contrast; black comes in."""
    count = len(images)
    amounts = torch.rand(5, count, generator=draw) * 2 - 1
    images = warp(images, amounts[0] * _TURN, torch.ones(2, count), amounts[1:3] * _SHIFT)
    brighter, stronger = 1 + amounts[3:] * _EXPOSURE
    return contrast(brightness(images, brighter), stronger), targets


MEDICAL = Augmentation(
    medical,
    changes=frozenset({"small_turn", "shift_and_scale", "colour"}),
    says="turned by up to 10 degrees, shifted by up to 5% of the side, brightness and contrast changed "
    "by up to 20%",
)
