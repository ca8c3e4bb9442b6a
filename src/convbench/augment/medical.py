"""Vary a patient's position and the exposure: rotation, shift, brightness and contrast.

No flips: the heart is on one side.
"""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.ops.colour import brightness, contrast
from convbench.augment.ops.warp import warp

_ANGLE = math.radians(10)
_SHIFT = 0.05  # of the side
_EXPOSURE = 0.2  # of brightness and contrast


def medical(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Rotate, shift, brighten and contrast each image ``[C, S, S]`` at random; fill with black."""
    count = len(images)
    amounts = torch.rand(5, count, generator=generator) * 2 - 1
    images = warp(images, amounts[0] * _ANGLE, torch.ones(2, count), amounts[1:3] * _SHIFT)
    brighter, stronger = 1 + amounts[3:] * _EXPOSURE
    return contrast(brightness(images, brighter), stronger), targets
