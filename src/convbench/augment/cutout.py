"""Hide a square of half the side: a network that looks at one detail alone has to look elsewhere.

*Improved Regularization of Convolutional Neural Networks with Cutout* (DeVries and Taylor, 2017): 16 of
32 pixels on CIFAR-10, its middle anywhere, so that some of it may lie outside. The paper hides with
zeros after standardising, which is the mean colour of all the data, so that a batch's statistics stay
what they are; here it is the image's own, for which the data need not be known.
"""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.box import boxes


def cutout(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Hide a square of each image ``[C, S, S]``, at its own place, with the image's mean colour."""
    side = images.shape[-1]
    hidden = boxes(side, torch.full((len(images),), side // 2), draw).to(images.device)
    return torch.where(hidden, images.mean(dim=(2, 3), keepdim=True), images), targets


CUTOUT = Augmentation(
    cutout,
    changes=frozenset({"hide_part"}),
    says="a square of half the side hidden by the image's mean colour",
)
