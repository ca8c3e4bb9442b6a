"""Change brightness, contrast, saturation and hue: another light, another camera.

The ranges are those of the usual ImageNet recipe: 0.4 for the first three, and a tenth of the circle of
colours. Their order is drawn too: they do not commute.
"""

import torch
from torch import Generator, Tensor

from convbench.augment.base import Augmentation
from convbench.augment.colour import brightness, contrast, hue, saturation

_FACTOR = 0.4  # brightness, contrast and saturation are multiplied by 0.6 to 1.4
_HUE = 0.1  # of the circle, either way


def colour_jitter(images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
    """Give each image ``[C, H, W]`` its own four amounts, in its own order."""
    count = len(images)
    amounts = torch.rand(4, count, generator=draw) * 2 - 1
    factors = 1 + amounts[:3] * _FACTOR
    changes = (brightness, contrast, saturation, hue)
    order = torch.rand(4, count, generator=draw).argsort(dim=0, stable=True)
    images = images.clone()
    for now in order:  # which change each image's first one is, second, ...
        for number, (change, amount) in enumerate(
            zip(changes, (*factors, amounts[3] * _HUE), strict=True)
        ):
            chosen = (now == number).nonzero().flatten()
            place = chosen.to(images.device)
            images[place] = change(images[place], amount[chosen])
    return images, targets


COLOUR_JITTER = Augmentation(
    colour_jitter,
    changes=frozenset({"colour"}),
    says="brightness, contrast and saturation changed by up to 40%, hues by up to a tenth of their "
    "circle, in any order",
)
