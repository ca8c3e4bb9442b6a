"""Flip horizontally: with ``random_resized_crop``, the usual augmentation of ImageNet."""

import torch
from torch import Generator, Tensor


def horizontal_flip(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Flip each image ``[C, H, W]`` horizontally with probability 0.5."""
    chosen = (torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5).to(images.device)
    return torch.where(chosen, images.flip(3), images), targets
