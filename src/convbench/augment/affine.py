"""Turn, scale and shift a little: what writing the same character again does to it. No flips."""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.warp import warp

_TURN = math.radians(12)
_SCALE = 0.12  # up to 12% smaller or larger, each side on its own
_SHIFT = 0.10  # of the side


def affine(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each image ``[C, S, S]`` its own turn (12 degrees), scales and shift; black comes in."""
    amounts = torch.rand(5, len(images), generator=draw) * 2 - 1
    return warp(images, amounts[0] * _TURN, 1 + amounts[1:3] * _SCALE, amounts[3:] * _SHIFT), targets


AFFINE = Augmentation(
    affine,
    changes=frozenset({"shift_and_scale", "small_turn"}),
    says="turned by up to 12 degrees, up to 12% larger or smaller, shifted by up to 10% of the side",
)
