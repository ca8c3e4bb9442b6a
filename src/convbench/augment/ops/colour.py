"""Change the colours of images ``[B, C, H, W]`` in [0, 1], each by its own amount ``[B]``.

These functions do what torchvision's ``adjust_brightness``, ... do, for a whole batch at once. An image
of one channel has no saturation and no hue to change.
"""

import torch
from torch import Tensor

from convbench.luminance import LUMINANCE


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply every value by ``factor``; 1 changes nothing."""
    return (images * _each(factor, images)).clamp(0, 1)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance from the image's mean luminance by ``factor``; 1 changes nothing."""
    return _away(images, _grey(images).mean(dim=(1, 2, 3), keepdim=True), factor)


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance from the luminance by ``factor``; 0 gives grey, 1 changes nothing."""
    return _away(images, _grey(images), factor)


def hue(images: Tensor, shift: Tensor) -> Tensor:
    """Shift every hue by ``shift``, a share of the colour circle; 0 changes nothing.

    Value and chroma stay the same. A channel is the value minus the chroma times the distance of the hue
    from that channel's own third of the circle (the hexagon of the HSV model; hues are in sixths).
    """
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(dim=1)
    value = images.amax(dim=1)
    chroma = value - images.amin(dim=1)
    unit = torch.where(chroma == 0, 1, chroma)
    of_others = torch.where(green == value, 2 + (blue - red) / unit, 4 + (red - green) / unit)
    sixths = torch.where(red == value, (green - blue) / unit, of_others)
    sixths = sixths + 6 * shift.to(images).view(-1, 1, 1)
    places = [(sixths + start) % 6 for start in (5, 3, 1)]
    return torch.stack(
        [value - chroma * torch.minimum(place, 4 - place).clamp(0, 1) for place in places], dim=1
    )


def _grey(images: Tensor) -> Tensor:
    """Return the luminance ``[B, 1, H, W]``."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(LUMINANCE).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)


def _away(images: Tensor, origin: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance from ``origin`` by ``factor``."""
    return (origin + (images - origin) * _each(factor, images)).clamp(0, 1)


def _each(amount: Tensor, images: Tensor) -> Tensor:
    """Move one amount per image ``[B]`` to the images' device, in a shape that multiplies with them."""
    return amount.to(images).view(-1, 1, 1, 1)
