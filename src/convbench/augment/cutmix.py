"""Paste a box of another image, and blend the labels by area.

*CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features* (Yun et al.,
2019): the box covers a share of the image that is drawn evenly (alpha is 1), its middle is anywhere, and
what lies outside is cut off. The label's share is that of the pixels, counted, whatever they show: an
image may lose what its label says, so this counts as hiding a part.
"""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.box import boxes
from convbench.augment.exact import each
from convbench.augment.mixing import blend_targets, partners


def cutmix(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Paste into each image ``[C, S, S]`` a box of a partner, of its own size and at its own place."""
    side, count = images.shape[-1], len(images)
    partner = partners(count, draw).to(images.device)
    size = (side * each(math.sqrt, torch.rand(count, generator=draw))).long()
    pasted = boxes(side, size, draw).to(images.device)
    own = 1 - pasted.to(images).mean(dim=(1, 2, 3))
    return torch.where(pasted, images[partner], images), blend_targets(targets, partner, own)


CUTMIX = Augmentation(
    cutmix,
    changes=frozenset({"hide_part"}),
    mixes=True,
    says="a box of another image of the batch pasted in, the label in the shares of their areas",
)
