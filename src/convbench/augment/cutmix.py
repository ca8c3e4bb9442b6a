"""Paste a box of another image, and mix the labels by area.

*CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features* (Yun et al.,
2019): the share of the image that the box covers is uniform (alpha is 1), its centre is anywhere, and
what lies outside is cut off. Labels are mixed by the share of pixels, whatever these show: an image may
lose the object of its label, so this counts as occlusion.
"""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.ops.box import boxes
from convbench.augment.ops.exact import each
from convbench.augment.ops.mixing import blend_targets, partners


def cutmix(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Paste into each image ``[C, S, S]`` a box of another one, of random size and place."""
    side, count = images.shape[-1], len(images)
    partner = partners(count, generator).to(images.device)
    size = (side * each(math.sqrt, torch.rand(count, generator=generator))).long()
    pasted = boxes(side, size, generator).to(images.device)
    own = 1 - pasted.to(images).mean(dim=(1, 2, 3))
    return torch.where(pasted, images[partner], images), blend_targets(targets, partner, own)
