"""Change brightness, contrast, saturation and hue, as another light or camera does.

The ranges are usual for ImageNet: 0.4 for the first three, and 0.1 of the colour circle for the hue.
Their order is random too, as they do not commute.
"""

import torch
from torch import Generator, Tensor

from convbench.augment.ops.colour import brightness, contrast, hue, saturation

_FACTOR = 0.4  # brightness, contrast and saturation are multiplied by 0.6 to 1.4
_HUE = 0.1  # of the circle, either way


def colour_jitter(images: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Change the colours of each image ``[C, H, W]`` by four random amounts, in a random order."""
    count = len(images)
    amounts = torch.rand(4, count, generator=generator) * 2 - 1
    factors = 1 + amounts[:3] * _FACTOR
    changes = (brightness, contrast, saturation, hue)
    order = torch.rand(4, count, generator=generator).argsort(dim=0, stable=True)
    images = images.clone()
    for now in order:  # each image's first change, second, ...
        for number, (change, amount) in enumerate(
            zip(changes, (*factors, amounts[3] * _HUE), strict=True)
        ):
            chosen = (now == number).nonzero().flatten()
            place = chosen.to(images.device)
            images[place] = change(images[place], amount[chosen])
    return images, targets
