"""Turn by any angle up to 15 degrees: a camera that is not held quite straight."""

import math

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.warp import warp

_TURN = math.radians(15)


def rotation(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Turn each image ``[C, S, S]`` about its middle by its own angle; black comes in at the corners."""
    count = len(images)
    turn = (torch.rand(count, generator=draw) * 2 - 1) * _TURN
    return warp(images, turn, scale=torch.ones(2, count), shift=torch.zeros(2, count)), targets


ROTATION = Augmentation(
    rotation, changes=frozenset({"small_turn"}), says="turned by up to 15 degrees either way"
)
