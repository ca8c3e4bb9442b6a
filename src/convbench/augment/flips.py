"""Flip left and right, and up and down: for images from above, of materials, of cells."""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation


def flips(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Flip each image ``[C, H, W]`` along each axis, half of the time."""
    for axis in (2, 3):
        chosen = (torch.rand(len(images), 1, 1, 1, generator=draw) < 0.5).to(images.device)
        images = torch.where(chosen, images.flip(axis), images)
    return images, targets


FLIPS = Augmentation(
    flips,
    changes=frozenset({"flip_left_right", "flip_up_down"}),
    says="flipped left and right, and up and down, each half of the time",
)
