"""What can happen to an image: the words in which datasets and augmentations speak of labels.

A dataset says which changes keep its labels, an augmentation says which changes it makes.
"""

from typing import Literal, get_args

Change = Literal[
    "shift_and_scale",
    "small_turn",
    "any_turn",
    "flip_left_right",
    "flip_up_down",
    "colour",
    "hide_part",
]
CHANGES: tuple[Change, ...] = get_args(Change)

IN_WORDS: dict[Change, str] = {
    "shift_and_scale": "shifting, scaling and cropping",
    "small_turn": "turning by up to 15 degrees",
    "any_turn": "turning by any angle",
    "flip_left_right": "flipping left and right",
    "flip_up_down": "flipping up and down",
    "colour": "changing brightness, contrast and colour",
    "hide_part": "hiding a part",
}
