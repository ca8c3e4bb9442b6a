"""Turning, scaling and shifting, each image by its own amount."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from convbench.augment.exact import each


def warp(images: Tensor, turn: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Warp square images ``[B, C, S, S]`` about their middle, bilinearly; black comes in from outside.

    ``turn`` ``[B]`` is in radians; ``scale`` ``[2, B]`` is how much of the picture is seen across and
    down, 1 for as much as before; ``shift`` ``[2, B]`` is in sides, across and down.
    """
    cos, sin = each(math.cos, turn), each(math.sin, turn)
    (wide, high), (across, down) = scale, 2 * shift  # a side is two long: it goes from -1 to 1
    rows = (cos * wide, -sin * high, across, sin * wide, cos * high, down)
    theta = torch.stack(rows, dim=1).view(-1, 2, 3).to(images)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
