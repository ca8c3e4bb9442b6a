"""Small affine changes, as in handwriting; no flips."""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.ops.warp import warp

_ANGLE = math.radians(12)
_SCALE = 0.12  # up to 12% smaller or larger, each side on its own
_SHIFT = 0.10  # of the side


def affine(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Rotate, scale and shift each image ``[C, S, S]`` at random; fill with black."""
    amounts = torch.rand(5, len(images), generator=generator) * 2 - 1
    return warp(images, amounts[0] * _ANGLE, 1 + amounts[1:3] * _SCALE, amounts[3:] * _SHIFT), targets
