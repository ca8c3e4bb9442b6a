"""Crop a random part of 8% to 100% of the area and resize it: the usual augmentation of ImageNet.

*Going Deeper with Convolutions* (Szegedy et al., 2015, section 6): the crop's area is uniform, and so is
the logarithm of its aspect ratio, between 3/4 and 4/3. It is usual to flip horizontally too:
``random_resized_crop+horizontal_flip``. A crop as small as 8% may not show the object of the label, so
this counts as occlusion too.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from convbench.augment.ops.exact import each

_AREA = 0.08, 1.0  # of the image
_RATIO = math.log(3 / 4), math.log(4 / 3)  # of the logarithm of width over height
_TRIES = 10  # to find a crop that fits; then the whole image is taken


def random_resized_crop(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Crop each image ``[C, S, S]`` at random and resize the crop bilinearly to the full side."""
    side = images.shape[-1]
    size = _sizes(side, len(images), generator)
    start = (torch.rand(2, len(images), generator=generator) * (side - size + 1)).floor()
    place = (torch.arange(side) + 0.5) * size[:, :, None] / side - 0.5  # pixels within the crop
    place = start[:, :, None] + torch.minimum(place.clamp(min=0), size[:, :, None] - 1)
    across, down = ((2 * place + 1) / side - 1).to(images)  # -1 to 1, from border to border
    grid = torch.stack(
        (across[:, None, :].expand(-1, side, -1), down[:, :, None].expand(-1, -1, side)), dim=3
    )
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False), targets


def _sizes(side: int, count: int, generator: Generator) -> Tensor:
    """Return the crops' widths and heights in pixels ``[2, count]``: the first try that fits."""
    area, ratio = torch.rand(2, _TRIES, count, generator=generator)
    area = (_AREA[0] + area * (_AREA[1] - _AREA[0])) * side**2
    ratio = each(math.exp, _RATIO[0] + ratio * (_RATIO[1] - _RATIO[0]))
    sizes = each(math.sqrt, torch.stack((area * ratio, area / ratio))).round().clamp(min=1)
    fits = (sizes <= side).all(dim=0)
    tried = (fits.cumsum(dim=0) == 0).sum(dim=0).clamp(max=_TRIES - 1)  # before the first that fits
    first = sizes.gather(1, tried.expand(2, 1, count)).squeeze(1)
    return torch.where(fits.any(dim=0), first, side)
