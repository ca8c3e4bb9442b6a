"""A random box in each image."""

import torch
from torch import Generator, Tensor


def boxes(side: int, size: Tensor, generator: Generator) -> Tensor:
    """Return masks ``[B, 1, side, side]``, true in a square of ``size`` ``[B]`` pixels a side.

    Its centre is any pixel of the image, so that part of it may lie outside.
    """
    centre = torch.randint(0, side, (2, len(size)), generator=generator)
    start = (centre - size // 2)[:, :, None]
    steps = torch.arange(side)
    down, across = ((steps >= start) & (steps < start + size[:, None])).unbind()
    return (down[:, :, None] & across[:, None, :]).unsqueeze(1)
