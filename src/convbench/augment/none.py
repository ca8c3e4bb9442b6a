"""No augmentation."""

from torch import Generator, Tensor


def none(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return the batch unchanged."""
    return images, targets
