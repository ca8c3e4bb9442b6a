"""Rotate by up to 15 degrees, as a camera that is not held quite straight."""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.ops.warp import warp

_ANGLE = math.radians(15)


def rotation(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Rotate each image ``[C, S, S]`` about its centre by a random angle; fill with black."""
    count = len(images)
    angle = (torch.rand(count, generator=generator) * 2 - 1) * _ANGLE
    return warp(images, angle, scale=torch.ones(2, count), shift=torch.zeros(2, count)), targets
