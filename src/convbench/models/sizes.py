"""Which image sizes a network takes, found by trying: a plan refuses the others before any work."""

from collections.abc import Callable

from convbench.models.base import Architecture
from convbench.models.meta import logits_shape

_SMALLEST, _LARGEST = 8, 512  # pixels: where a size is looked for that works


def too_small(architecture: Architecture, classes: int, image_size: int) -> str:
    """Say why a network takes no images of a size, and which it takes; nothing where it does.

    It is tried without weights, on torch's ``meta`` device.
    """
    if not (reason := _refusal(architecture, classes, image_size)):
        return ""

    def fits(side: int) -> bool:
        return takes(architecture, classes, side)

    if (least := _least_above(image_size, fits)) and fits(least + 1):
        return f"it takes images of {least} px or more, not of {image_size}"
    if nearest := _nearest(image_size, fits):
        return f"it does not take images of {image_size} px; the nearest size it takes is {nearest}"
    return f"it takes images of no size from {_SMALLEST} to {_LARGEST} px: {reason}"


def takes(architecture: Architecture, classes: int, image_size: int) -> bool:
    """Tell whether a network takes square images of ``image_size`` pixels."""
    return not _refusal(architecture, classes, image_size)


def _refusal(architecture: Architecture, classes: int, image_size: int) -> str:
    """Return what goes wrong with images of a size, in one line; nothing if all goes well."""
    try:
        shape = logits_shape(architecture.build, classes, image_size)
    except Exception as error:  # a network may refuse its input in any way
        return next(iter(str(error).splitlines()), "") or type(error).__name__
    if shape != (2, classes):
        return f"two images give {list(shape)} instead of {[2, classes]}"
    return ""


def _least_above(image_size: int, fits: Callable[[int], bool]) -> int | None:
    """Return the least size that fits, if all do that are larger: by bisection."""
    below, least = image_size, _LARGEST
    if below >= least or not fits(least):
        return None
    while least - below > 1:
        middle = (below + least) // 2
        below, least = (below, middle) if fits(middle) else (middle, least)
    return least


def _nearest(image_size: int, fits: Callable[[int], bool]) -> int | None:
    """Return the size nearest to ``image_size`` that fits, for networks that want multiples."""
    sizes = sorted(range(_SMALLEST, _LARGEST + 1), key=lambda side: abs(side - image_size))
    return next((side for side in sizes if fits(side)), None)
