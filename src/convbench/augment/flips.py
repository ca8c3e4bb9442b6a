"""Flip horizontally and vertically: for images from above, of materials, of cells."""

import torch
from torch import Generator, Tensor


def flips(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Flip each image ``[C, H, W]`` along each axis with probability 0.5."""
    for axis in (2, 3):
        chosen = (torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5).to(images.device)
        images = torch.where(chosen, images.flip(axis), images)
    return images, targets
