"""The fourteen operations that ``rand_augment`` and ``trivial_augment`` draw from.

Those of *RandAugment* (Cubuk et al., 2020, section 3), in their order: torchvision's kernels, which
change nothing but the image. Rotations and shears are bilinear, so that all devices agree (the papers
take the nearest pixel), and filled with black. An image of one channel has no colour to change.
"""

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Most:
    """The strongest change of each kind, at level 1."""

    shear: float
    """Sides of shift across a side."""
    shift: float
    """Pixels."""
    rotation: float
    """Degrees."""
    factor: float
    """By how much brightness, colour, contrast and sharpness are multiplied, above and below 1."""
    bits: int
    """Bits of the eight that posterizing takes away."""


Operation = Callable[[Tensor, float, Most], Tensor]
"""``(image, level, most)``: an image ``[C, S, S]`` and a level from -1 to 1; some ignore its sign."""


def _kernels() -> Any:  # noqa: ANN401 (a module without types)
    """Return torchvision's kernels. Imported only here: it takes seconds, and most runs need none."""
    from convbench.vision import torchvision

    return importlib.import_module(f"{torchvision.__name__}.transforms.v2.functional")


def _rotate(image: Tensor, angle: float) -> Tensor:
    """Rotate by ``angle`` degrees, counterclockwise."""
    rotated: Tensor = _kernels().rotate(image, angle, interpolation="bilinear")
    return rotated


def _shift(image: Tensor, across: float, down: float) -> Tensor:
    """Shift by whole pixels: amounts are truncated."""
    shifted: Tensor = _kernels().affine(
        image, angle=0, translate=[int(across), int(down)], scale=1, shear=[0, 0]
    )
    return shifted


def _shear(image: Tensor, across: float, down: float) -> Tensor:
    """Shift each row by ``across`` times its number, and each column by ``down`` times its own."""
    angles = [math.degrees(math.atan(slope)) for slope in (across, down)]
    sheared: Tensor = _kernels().affine(
        image, angle=0, translate=[0, 0], scale=1, shear=angles, interpolation="bilinear", center=[0, 0]
    )
    return sheared


OPERATIONS: Mapping[str, Operation] = {
    "identity": lambda image, level, most: image,
    "autocontrast": lambda image, level, most: _kernels().autocontrast(image),
    "equalize": lambda image, level, most: _kernels().equalize(image),
    "rotate": lambda image, level, most: _rotate(image, level * most.rotation),
    "solarize": lambda image, level, most: _kernels().solarize(image, 1 - abs(level)),
    "colour": lambda image, level, most: _kernels().adjust_saturation(image, 1 + level * most.factor),
    "posterize": lambda image, level, most: _kernels().posterize(
        image, 8 - round(abs(level) * most.bits)
    ),
    "contrast": lambda image, level, most: _kernels().adjust_contrast(image, 1 + level * most.factor),
    "brightness": lambda image, level, most: _kernels().adjust_brightness(
        image, 1 + level * most.factor
    ),
    "sharpness": lambda image, level, most: _kernels().adjust_sharpness(image, 1 + level * most.factor),
    "shear_x": lambda image, level, most: _shear(image, level * most.shear, 0),
    "shear_y": lambda image, level, most: _shear(image, 0, level * most.shear),
    "shift_x": lambda image, level, most: _shift(image, level * most.shift, 0),
    "shift_y": lambda image, level, most: _shift(image, 0, level * most.shift),
}


def operate(images: Tensor, chosen: Tensor, levels: Tensor, most: Most) -> Tensor:
    """Apply to each image ``[C, S, S]`` the operation numbered in ``chosen`` ``[B]``, at its level."""
    operations = list(OPERATIONS.values())
    amounts = zip(images, chosen.tolist(), levels.tolist(), strict=True)
    return torch.stack([operations[number](image, level, most) for image, number, level in amounts])
