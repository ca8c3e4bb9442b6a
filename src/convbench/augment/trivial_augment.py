"""One operation an image, as strong as chance has it: TrivialAugment, in its wide variant.

*TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation* (Mueller and Hutter, 2021): one of
fourteen operations, at one of 31 strengths, each as likely. The wide ranges reach from nothing at all
to turns of 135 degrees, all but black pictures, and shifts of 32 pixels: of a smaller image, its side.
"""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.operations import OPERATIONS, Most, operate

_STRENGTHS = 31


def trivial_augment(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each square image ``[C, S, S]`` its own operation, strength and direction."""
    count, side = len(images), images.shape[-1]
    chosen = torch.randint(0, len(OPERATIONS), (count,), generator=draw)
    strength = torch.randint(0, _STRENGTHS, (count,), generator=draw).double() / (_STRENGTHS - 1)
    direction = torch.randint(0, 2, (count,), generator=draw) * 2 - 1
    most = Most(shear=0.99, shift=min(32, side), turn=135, factor=0.99, bits=6)
    return operate(images, chosen, direction * strength, most), targets


TRIVIAL_AUGMENT = Augmentation(
    trivial_augment,
    changes=frozenset({"shift_and_scale", "any_turn", "colour", "hide_part"}),
    says="one of fourteen operations on place and colour, of any strength, up to turns of 135 degrees",
)
