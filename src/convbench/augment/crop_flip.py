"""Crop at random from the padded image, and flip horizontally: the usual augmentation of CIFAR-10.

*Deep Residual Learning for Image Recognition* (He et al., 2016, section 4.2): 4 pixels of black around
32x32, a random crop, a horizontal flip with probability 0.5.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def crop_flip(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Crop each image ``[C, S, S]`` from a padded one, and flip it with probability 0.5."""
    side = images.shape[-1]
    pad = max(1, side // 8)
    count = len(images)
    down, across = torch.randint(0, 2 * pad + 1, (2, count, 1), generator=generator)
    flipped = torch.rand(count, 1, generator=generator) < 0.5
    steps = torch.arange(side)
    rows = down + steps
    columns = across + torch.where(flipped, steps.flip(0), steps)
    padded = F.pad(images, (pad, pad, pad, pad)).permute(0, 2, 3, 1)
    here = (torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :])
    place = tuple(index.to(images.device) for index in here)
    return padded[place].permute(0, 3, 1, 2), targets
