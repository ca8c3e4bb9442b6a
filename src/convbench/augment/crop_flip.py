"""Shift by up to an eighth of the side, and flip left and right: the recipe of CIFAR-10.

*Deep Residual Learning for Image Recognition* (He et al., 2016, section 4.2): 4 pixels of black around
32x32, a random crop, a flip half of the time.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from convbench.augment.base import Augmentation


def crop_flip(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each image ``[C, H, W]`` its own crop of the padded one, and its own flip."""
    side = images.shape[-1]
    pad = max(1, side // 8)
    count = len(images)
    down, across = torch.randint(0, 2 * pad + 1, (2, count, 1), generator=draw)
    flipped = torch.rand(count, 1, generator=draw) < 0.5
    steps = torch.arange(side)
    rows = down + steps
    columns = across + torch.where(flipped, steps.flip(0), steps)
    padded = F.pad(images, (pad, pad, pad, pad)).permute(0, 2, 3, 1)
    here = (torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :])
    place = tuple(index.to(images.device) for index in here)
    return padded[place].permute(0, 3, 1, 2), targets


CROP_FLIP = Augmentation(
    crop_flip,
    changes=frozenset({"shift_and_scale", "flip_left_right"}),
    says="shifted by up to an eighth of the side, and flipped left and right half of the time",
)
