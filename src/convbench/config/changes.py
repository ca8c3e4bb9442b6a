"""Categories of image transforms, to check which augmentations keep the labels of a dataset.

A dataset names the changes that keep its labels, an augmentation the changes that it makes.
"""

from typing import Literal, get_args

Change = Literal[
    "shift_and_scale",
    "small_rotation",
    "any_rotation",
    "horizontal_flip",
    "vertical_flip",
    "colour",
    "occlusion",
]
CHANGES: tuple[Change, ...] = get_args(Change)

IN_WORDS: dict[Change, str] = {
    "shift_and_scale": "shifting, scaling and cropping",
    "small_rotation": "rotation by up to 15 degrees",
    "any_rotation": "rotation by any angle",
    "horizontal_flip": "horizontal flips",
    "vertical_flip": "vertical flips",
    "colour": "changing brightness, contrast and colour",
    "occlusion": "occlusion of a part",
}
