"""Changes of colour, each image by its own amount: images ``[B, C, H, W]`` in [0, 1], amounts ``[B]``.

What torchvision's ``adjust_brightness`` and its sisters do, for a whole batch at once. An image of one
channel has no colour: its saturation and its hue are what they are.
"""

import torch
from torch import Tensor

_LUMINANCE = (0.2989, 0.587, 0.114)  # of red, green and blue, as ITU-R BT.601 weighs them


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Multiply every value by ``factor``; 1 changes nothing."""
    return (images * _each(factor, images)).clamp(0, 1)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Take values away from the image's mean luminance, ``factor`` times as far; 1 changes nothing."""
    return _away(images, _grey(images).mean(dim=(1, 2, 3), keepdim=True), factor)


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Take colours away from their luminance, ``factor`` times as far; 0 makes grey, 1 keeps all."""
    return _away(images, _grey(images), factor)


def hue(images: Tensor, turn: Tensor) -> Tensor:
    """Move every hue along the circle of colours by ``turn``, a share of it; 0 changes nothing.

    Value and chroma stay. A channel is the value, less the chroma times how far the hue is from that
    channel's own third of the circle (the hexagon of the HSV model; hues are in sixths).
    """
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(dim=1)
    value = images.amax(dim=1)
    chroma = value - images.amin(dim=1)
    unit = torch.where(chroma == 0, 1, chroma)
    of_others = torch.where(green == value, 2 + (blue - red) / unit, 4 + (red - green) / unit)
    sixths = torch.where(red == value, (green - blue) / unit, of_others)
    sixths = sixths + 6 * turn.to(images).view(-1, 1, 1)
    places = [(sixths + start) % 6 for start in (5, 3, 1)]
    return torch.stack(
        [value - chroma * torch.minimum(place, 4 - place).clamp(0, 1) for place in places], dim=1
    )


def _grey(images: Tensor) -> Tensor:
    """Return the luminance ``[B, 1, H, W]``."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(_LUMINANCE).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)


def _away(images: Tensor, origin: Tensor, factor: Tensor) -> Tensor:
    """Multiply the distance from ``origin`` by ``factor``."""
    return (origin + (images - origin) * _each(factor, images)).clamp(0, 1)


def _each(amount: Tensor, images: Tensor) -> Tensor:
    """Bring an amount an image ``[B]`` to where the images are, to be multiplied with them."""
    return amount.to(images).view(-1, 1, 1, 1)
