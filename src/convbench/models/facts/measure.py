"""Find the facts of a network, by building it without weights."""

from collections.abc import Callable, Iterator, Mapping

from torch import Size

from convbench.models.base import Architecture
from convbench.models.blocks import blocks_of, has_norms
from convbench.models.facts import DEFAULT_VERSION, Facts
from convbench.models.meta import without_weights
from convbench.models.sizes import takes
from convbench.models.weights.published import published_weights, versions_of

_CLASSES = 10
_SMALLEST, _LARGEST = 8, 512  # pixels: where the smallest size is looked for
_MORE_STEPS = (1, 2, 5)  # beyond the smallest size, at which a rule is tried


def measured(name: str, architecture: Architecture, *, published: bool) -> Facts:
    """Return the facts of an architecture; ``published``: it is one of torchvision's.

    Raises ``ValueError`` where the sizes that it takes follow no rule that ``Facts`` can hold.
    """

    def fits(side: int) -> bool:
        return takes(architecture, _CLASSES, side)

    least, step = _sizes(name, fits)
    network = without_weights(architecture.build, _CLASSES, least)
    return Facts(
        blocks=len(blocks_of(network, architecture)),
        least=least,
        norms=has_norms(network),
        step=step,
        weights=dict(_weights(name, architecture, least, step)) if published else None,
    )


def _sizes(name: str, fits: Callable[[int], bool]) -> tuple[int, int]:
    """Return a size that fits and the step from it to further ones.

    A network takes every size from some on, whose smallest is found by bisection, or those that its
    windows divide; of several in a row (MaxViT rounds up: 221 to 224), the largest.
    """
    if fits(_LARGEST) and fits(_LARGEST - 1):
        below, least = _SMALLEST - 1, _LARGEST
        while least - below > 1:
            middle = (below + least) // 2
            below, least = (below, middle) if fits(middle) else (middle, least)
        step = 1
    else:
        least = _last_in_a_row(_SMALLEST, fits)
        step = _last_in_a_row(least + 1, fits) - least
    if not all(fits(least + step * more) for more in _MORE_STEPS):
        raise ValueError(f"{name}: takes {least} px, but not all that are {step} px apart from there on")
    return least, step


def _last_in_a_row(start: int, fits: Callable[[int], bool]) -> int:
    """Return the end of the first sizes in a row that fit, from ``start`` on."""
    first = next(side for side in range(start, _LARGEST) if fits(side))
    return next(side for side in range(first, _LARGEST) if not fits(side + 1))


def _weights(
    name: str, architecture: Architecture, least: int, step: int
) -> Iterator[tuple[str, tuple[int, int | None]]]:
    """Yield each published version with the sizes at which the network has the shapes of its file."""
    for version in (None, *versions_of(name)):
        size = published_weights(name, version).image_size
        shapes = _shapes(architecture, size)
        smallest = max(least, architecture.small_below)
        smallest += (least - smallest) % step
        if _shapes(architecture, smallest) == shapes == _shapes(architecture, size + step):
            sizes: tuple[int, int | None] = (smallest, None)
        else:
            sizes = (size, size)
        yield version or DEFAULT_VERSION, sizes


def _shapes(architecture: Architecture, image_size: int) -> Mapping[str, Size]:
    network = without_weights(architecture.build, _CLASSES, image_size)
    return {name: tensor.shape for name, tensor in network.state_dict().items()}
