"""The catalogue of augmentations. A new one is a file beside this one and a line below."""

from collections.abc import Mapping

from convbench.augment.affine import AFFINE
from convbench.augment.base import Augmentation
from convbench.augment.crop_flip import CROP_FLIP
from convbench.augment.dihedral import DIHEDRAL
from convbench.augment.flips import FLIPS
from convbench.augment.none import NONE

AUGMENTS: Mapping[str, Augmentation] = {
    "none": NONE,
    "affine": AFFINE,
    "crop_flip": CROP_FLIP,
    "flips": FLIPS,
    "dihedral": DIHEDRAL,
}
