"""Occlude a square of half the side, so that a network learns to use more than one detail.

*Improved Regularization of Convolutional Neural Networks with Cutout* (DeVries and Taylor, 2017): 16 of
32 pixels on CIFAR-10, its centre anywhere, so that some of it may lie outside. The paper fills with
zeros after standardising, which is the mean colour of the dataset; here it is the mean colour of the
image, which needs no statistics of the dataset.
"""

import torch
from torch import Generator, Tensor

from convbench.augment.ops.box import boxes


def cutout(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Fill a square at a random place of each image ``[C, S, S]`` with the image's mean colour."""
    side = images.shape[-1]
    occluded = boxes(side, torch.full((len(images),), side // 2), generator).to(images.device)
    return torch.where(occluded, images.mean(dim=(2, 3), keepdim=True), images), targets
