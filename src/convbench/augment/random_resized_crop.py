"""Enlarge a random part, of 8% to all of the picture: the recipe of ImageNet, without its flip.

*Going Deeper with Convolutions* (Szegedy et al., 2015, section 6): the part's area is drawn evenly, the
logarithm of its width over its height too, between 3/4 and 4/3. The usual recipe also flips left and
right: ``random_resized_crop+mirror``. A part as small as 8% may show nothing of what the label says, so
this counts as hiding a part, too.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from convbench.augment.base import Augmentation
from convbench.augment.exact import each

_AREA = 0.08, 1.0  # of the picture
_RATIO = math.log(3 / 4), math.log(4 / 3)  # of the logarithm of width over height
_TRIES = 10  # to find a part that fits; then the whole picture is taken


def random_resized_crop(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each square image ``[C, S, S]`` its own part, enlarged bilinearly to the full side."""
    side = images.shape[-1]
    size = _sizes(side, len(images), draw)
    start = (torch.rand(2, len(images), generator=draw) * (side - size + 1)).floor()
    seen = (torch.arange(side) + 0.5) * size[:, :, None] / side - 0.5  # pixels within the part
    seen = start[:, :, None] + torch.minimum(seen.clamp(min=0), size[:, :, None] - 1)
    across, down = ((2 * seen + 1) / side - 1).to(images)  # -1 to 1, from border to border
    grid = torch.stack(
        (across[:, None, :].expand(-1, side, -1), down[:, :, None].expand(-1, -1, side)), dim=3
    )
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False), targets


def _sizes(side: int, count: int, draw: Generator) -> Tensor:
    """Return the parts' widths and heights in pixels ``[2, count]``: the first try's that fits."""
    area, ratio = torch.rand(2, _TRIES, count, generator=draw)
    area = (_AREA[0] + area * (_AREA[1] - _AREA[0])) * side**2
    ratio = each(math.exp, _RATIO[0] + ratio * (_RATIO[1] - _RATIO[0]))
    sizes = each(math.sqrt, torch.stack((area * ratio, area / ratio))).round().clamp(min=1)
    fits = (sizes <= side).all(dim=0)
    tried = (fits.cumsum(dim=0) == 0).sum(dim=0).clamp(max=_TRIES - 1)  # before the first that fits
    first = sizes.gather(1, tried.expand(2, 1, count)).squeeze(1)
    return torch.where(fits.any(dim=0), first, side)


RANDOM_RESIZED_CROP = Augmentation(
    random_resized_crop,
    changes=frozenset({"shift_and_scale", "hide_part"}),
    says="a random part, of 8% to all of the picture and of 3:4 to 4:3, enlarged to the whole",
)
