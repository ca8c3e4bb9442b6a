"""One of the eight positions of a square: for images that have no up and no left, as from above."""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation


def dihedral(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each square image ``[C, S, S]`` its own quarter turns and mirroring."""
    position = torch.randint(0, 8, (len(images),), generator=draw)
    moved = images.clone()
    for number in range(1, 8):
        chosen = (position == number).nonzero().flatten().to(images.device)
        turned = images[chosen].rot90(number % 4, dims=(2, 3))
        moved[chosen] = turned.flip(3) if number >= 4 else turned
    return moved, targets


DIHEDRAL = Augmentation(
    dihedral,
    changes=frozenset({"any_turn", "flip_left_right", "flip_up_down"}),
    says="turned by quarter turns and mirrored: one of eight positions",
)
