"""Simple CNNs: convolutions, ReLU and pooling, then a classifier.

How it pools is a choice; everything else stays the same, so that a comparison is one of pooling.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Pool = Callable[[int], nn.Module]
"""The number of channels -> a layer that pools maps of so many."""


def simple_cnn(
    classes: int, image_size: int, *, pool: str, last_pool: str, maps: int | None = None
) -> nn.Module:
    """Build 3x3 convolutions of 32 and 64 channels, each with its pooling, and 128 hidden units.

    ``pool`` and ``last_pool`` are names of ``POOLS``; ``maps`` is how many numbers a channel has after
    the last pooling, where that does not depend on the image size.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 32, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=POOLS[pool](32),
            conv2=nn.Conv2d(32, 64, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=POOLS[last_pool](64),
            flatten=nn.Flatten(),
            hidden=nn.Linear(64 * (maps or (image_size // 4) ** 2), 128),
            relu3=nn.ReLU(),
            head=nn.Linear(128, classes),
        )
    )


class SpatialPyramid(nn.Module):
    """The maxima of a map's cells at several resolutions (He et al. 2014, section 2.2).

    Its output does not depend on the map's size. A cell reaches from floor to ceiling of its share, as
    in adaptive pooling, so that no pixel is left out of a map that does not divide evenly.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, C, H, W]`` to ``[B, C, sum of levels squared]``, coarse to fine, row by row."""
        return torch.cat([F.adaptive_max_pool2d(x, level).flatten(2) for level in self.levels], dim=2)


def _max(channels: int) -> nn.Module:
    return nn.MaxPool2d(2)


def _average(channels: int) -> nn.Module:
    return nn.AvgPool2d(2)


def _strided(channels: int) -> nn.Module:
    """Build a convolution over the windows of the pooling it replaces (Springenberg et al. 2015)."""
    return nn.Sequential(nn.Conv2d(channels, channels, 2, stride=2), nn.ReLU())


def _global(channels: int) -> nn.Module:
    return nn.AdaptiveAvgPool2d(1)


def _pyramid(channels: int) -> nn.Module:
    return SpatialPyramid((1, 2, 4))


POOLS: Mapping[str, Pool] = {
    "max": _max,
    "average": _average,
    "strided": _strided,
    "global": _global,
    "pyramid": _pyramid,
}
"""Name -> what pools."""
