"""The catalogue of augmentations. A new one is a file beside this one and a line below.

A config names one of them, or several in turn: ``crop_flip+mixup``.
"""

from collections.abc import Mapping
from difflib import get_close_matches

from convbench.augment.affine import AFFINE
from convbench.augment.base import Augmentation, in_turn
from convbench.augment.colour_jitter import COLOUR_JITTER
from convbench.augment.crop_flip import CROP_FLIP
from convbench.augment.cutmix import CUTMIX
from convbench.augment.cutout import CUTOUT
from convbench.augment.dihedral import DIHEDRAL
from convbench.augment.flips import FLIPS
from convbench.augment.medical import MEDICAL
from convbench.augment.mirror import MIRROR
from convbench.augment.mixup import MIXUP
from convbench.augment.none import NONE
from convbench.augment.rand_augment import RAND_AUGMENT
from convbench.augment.random_resized_crop import RANDOM_RESIZED_CROP
from convbench.augment.rotation import ROTATION
from convbench.augment.trivial_augment import TRIVIAL_AUGMENT
from convbench.errors import UserError

AUGMENTS: Mapping[str, Augmentation] = {
    "none": NONE,
    "affine": AFFINE,
    "crop_flip": CROP_FLIP,
    "mirror": MIRROR,
    "flips": FLIPS,
    "dihedral": DIHEDRAL,
    "random_resized_crop": RANDOM_RESIZED_CROP,
    "rotation": ROTATION,
    "colour_jitter": COLOUR_JITTER,
    "medical": MEDICAL,
    "cutout": CUTOUT,
    "mixup": MIXUP,
    "cutmix": CUTMIX,
    "trivial_augment": TRIVIAL_AUGMENT,
    "rand_augment": RAND_AUGMENT,
}


def augmentation_of(name: str) -> Augmentation:
    """Return the augmentation called ``name``: one of the catalogue, or a sum of some, done in turn.

    Raises ``UserError`` as ``parts_of`` does.
    """
    parts = parts_of(name)
    return parts[0] if len(parts) == 1 else in_turn(parts)


def parts_of(name: str) -> list[Augmentation]:
    """Return what a sum such as ``crop_flip+mixup`` is made of; of a plain name, that one.

    Raises ``UserError`` naming a part that is not in the catalogue, is there twice, or does nothing.
    """
    parts = name.split("+")
    where = f"{name!r}: " if len(parts) > 1 else ""
    if unknown := [part for part in parts if part not in AUGMENTS]:
        close = "".join(
            f" (did you mean {each!r}?)" for each in get_close_matches(unknown[0], AUGMENTS, n=1)
        )
        raise UserError(f"{where}no {unknown[0]!r}{close}; there are {', '.join(AUGMENTS)}")
    if twice := [part for part in parts if parts.count(part) > 1]:
        raise UserError(f"{where}{twice[0]!r} is in it more than once; name each once")
    if where and "none" in parts:
        raise UserError(f"{where}'none' adds nothing to the others; leave it out")
    return [AUGMENTS[part] for part in parts]
