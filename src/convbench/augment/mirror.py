"""Flip left and right: with ``random_resized_crop``, the recipe of ImageNet."""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation


def mirror(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Flip each image ``[C, H, W]`` left and right, half of the time."""
    chosen = (torch.rand(len(images), 1, 1, 1, generator=draw) < 0.5).to(images.device)
    return torch.where(chosen, images.flip(3), images), targets


MIRROR = Augmentation(
    mirror, changes=frozenset({"flip_left_right"}), says="flipped left and right, half of the time"
)
