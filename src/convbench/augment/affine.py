"""Turn, scale and shift a little: what writing the same character again does to it. No flips."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from convbench.augment.base import Augmentation

_TURN = math.radians(12)
_SCALE = 0.12  # up to 12% smaller or larger, each side on its own
_SHIFT = 0.10  # of the side


def affine(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each image ``[3, H, W]`` its own turn (12 degrees), scales and shift; black comes in."""
    turn, wide, high, across, down = torch.rand(5, len(images), generator=draw) * 2 - 1
    turn, wide, high = turn * _TURN, 1 + wide * _SCALE, 1 + high * _SCALE
    cos, sin = torch.cos(turn), torch.sin(turn)
    rows = (cos * wide, -sin * high, across * 2 * _SHIFT, sin * wide, cos * high, down * 2 * _SHIFT)
    theta = torch.stack(rows, dim=1).view(-1, 2, 3).to(images)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False), targets


AFFINE = Augmentation(affine, changes=frozenset({"shift_and_scale", "small_turn"}))
