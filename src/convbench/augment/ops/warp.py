"""Rotate, scale and shift each image by an amount of its own."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from convbench.augment.ops.exact import each


def warp(images: Tensor, angle: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Warp square images ``[B, C, S, S]`` about their centre, bilinearly; fill with black.

    ``angle`` ``[B]`` is in radians; ``scale`` ``[2, B]`` is the visible share of width and height, 1 for
    as much as before; ``shift`` ``[2, B]`` is a share of the side, across and down.
    """
    cos, sin = each(math.cos, angle), each(math.sin, angle)
    (wide, high), (across, down) = scale, 2 * shift  # a side is two long: it goes from -1 to 1
    rows = (cos * wide, -sin * high, across, sin * wide, cos * high, down)
    theta = torch.stack(rows, dim=1).view(-1, 2, 3).to(images)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
