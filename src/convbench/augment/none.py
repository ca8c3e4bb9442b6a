"""No augmentation: the images as they are."""

from torch import Generator, Tensor

from convbench.augment.base import Augmentation


def none(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Return the batch unchanged."""
    return images, targets


NONE = Augmentation(none, changes=frozenset(), says="the images as they are")
