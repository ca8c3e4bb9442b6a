"""The catalogue of augmentations. A new one is a file with a function, and an entry below.

A config names one of them, or a sum of several, applied in order: ``crop_flip+mixup``.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from convbench.augment.base import Augmentation, in_sequence
from convbench.catalogue import lazy
from convbench.errors import UserError

AUGMENTS: Mapping[str, Augmentation] = {
    "none": Augmentation(
        lazy("convbench.augment.none:none"),
        changes=frozenset(),
        description="the images as they are",
    ),
    "affine": Augmentation(
        lazy("convbench.augment.affine:affine"),
        changes=frozenset({"shift_and_scale", "small_rotation"}),
        description="rotated by up to 12 degrees, scaled by up to 12%, shifted by up to 10% of the side",
    ),
    "crop_flip": Augmentation(
        lazy("convbench.augment.crop_flip:crop_flip"),
        changes=frozenset({"shift_and_scale", "horizontal_flip"}),
        description="shifted by up to an eighth of the side, and flipped left and right half of the "
        "time",
    ),
    "horizontal_flip": Augmentation(
        lazy("convbench.augment.horizontal_flip:horizontal_flip"),
        changes=frozenset({"horizontal_flip"}),
        description="flipped left and right, half of the time",
    ),
    "flips": Augmentation(
        lazy("convbench.augment.flips:flips"),
        changes=frozenset({"horizontal_flip", "vertical_flip"}),
        description="flipped left and right, and up and down, each half of the time",
    ),
    "dihedral": Augmentation(
        lazy("convbench.augment.dihedral:dihedral"),
        changes=frozenset({"any_rotation", "horizontal_flip", "vertical_flip"}),
        description="rotated by multiples of 90 degrees and flipped: one of eight positions",
    ),
    "random_resized_crop": Augmentation(
        lazy("convbench.augment.random_resized_crop:random_resized_crop"),
        changes=frozenset({"shift_and_scale", "occlusion"}),
        description="a random part, of 8% to all of the picture and of 3:4 to 4:3, enlarged to the "
        "whole",
    ),
    "rotation": Augmentation(
        lazy("convbench.augment.rotation:rotation"),
        changes=frozenset({"small_rotation"}),
        description="rotated by up to 15 degrees either way",
    ),
    "colour_jitter": Augmentation(
        lazy("convbench.augment.colour_jitter:colour_jitter"),
        changes=frozenset({"colour"}),
        description="brightness, contrast and saturation changed by up to 40%, hues by up to a tenth of "
        "their circle, in any order",
    ),
    "medical": Augmentation(
        lazy("convbench.augment.medical:medical"),
        changes=frozenset({"small_rotation", "shift_and_scale", "colour"}),
        description="rotated by up to 10 degrees, shifted by up to 5% of the side, brightness and "
        "contrast changed by up to 20%",
    ),
    "cutout": Augmentation(
        lazy("convbench.augment.cutout:cutout"),
        changes=frozenset({"occlusion"}),
        description="a square of half the side hidden by the image's mean colour",
    ),
    "mixup": Augmentation(
        lazy("convbench.augment.mixup:mixup"),
        changes=frozenset(),
        description="blended with another image of the batch, labels alike (shares from Beta(0.2, 0.2))",
        mixes=True,
    ),
    "cutmix": Augmentation(
        lazy("convbench.augment.cutmix:cutmix"),
        changes=frozenset({"occlusion"}),
        description="a box of another image of the batch pasted in, the label in the shares of their "
        "areas",
        mixes=True,
    ),
    "trivial_augment": Augmentation(
        lazy("convbench.augment.trivial_augment:trivial_augment"),
        changes=frozenset({"shift_and_scale", "any_rotation", "colour", "occlusion"}),
        description="one of fourteen geometric and colour operations, of any strength",
    ),
    "rand_augment": Augmentation(
        lazy("convbench.augment.rand_augment:rand_augment"),
        changes=frozenset({"shift_and_scale", "any_rotation", "colour", "occlusion"}),
        description="two of fourteen geometric and colour operations of medium strength",
    ),
}

_RENAMED: Mapping[str, str] = {"mirror": "horizontal_flip"}
"""Names of earlier versions."""


def augmentation_of(name: str) -> Augmentation:
    """Return the augmentation called ``name``: one of the catalogue, or a sum, applied in order.

    Raises ``UserError`` as ``parts_of`` does.
    """
    parts = parts_of(name)
    return parts[0] if len(parts) == 1 else in_sequence(parts)


def parts_of(name: str) -> list[Augmentation]:
    """Return the parts of a sum such as ``crop_flip+mixup``; of a plain name, that one.

    Raises ``UserError`` naming a part that is not in the catalogue, is there twice, or does nothing.
    """
    parts = name.split("+")
    where = f"{name!r}: " if len(parts) > 1 else ""
    if unknown := [part for part in parts if part not in AUGMENTS]:
        known = _RENAMED.get(unknown[0]) or next(iter(get_close_matches(unknown[0], AUGMENTS, n=1)), "")
        close = f" (did you mean {known!r}?)" if known else ""
        raise UserError(f"{where}no {unknown[0]!r}{close}; there are {', '.join(AUGMENTS)}")
    if twice := [part for part in parts if parts.count(part) > 1]:
        raise UserError(f"{where}{twice[0]!r} is in it more than once; name each once")
    if where and "none" in parts:
        raise UserError(f"{where}'none' adds nothing to the others; leave it out")
    return [AUGMENTS[part] for part in parts]
