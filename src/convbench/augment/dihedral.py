"""Rotate by a multiple of 90 degrees and flip: for images without up and left, as from above."""

import torch
from torch import Generator, Tensor


def dihedral(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Move each image ``[C, S, S]`` to one of the eight positions of a square, at random."""
    position = torch.randint(0, 8, (len(images),), generator=generator)
    moved = images.clone()
    for number in range(1, 8):
        chosen = (position == number).nonzero().flatten().to(images.device)
        rotated = images[chosen].rot90(number % 4, dims=(2, 3))
        moved[chosen] = rotated.flip(3) if number >= 4 else rotated
    return moved, targets
