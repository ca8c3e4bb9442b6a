"""Facts of convbench's and torchvision's networks, so that a grid is checked without torch.

``python -m convbench.models.facts`` writes them anew. A network without facts is built where they are
needed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("facts.json")
DEFAULT_VERSION = "default"


@dataclass(frozen=True)
class Facts:
    """What a plan needs to know about a network."""

    blocks: int
    """Blocks below the classifier."""
    least: int
    """Pixels: the smallest image size that it is known to take."""
    norms: bool
    """Whether it has normalization layers."""
    step: int = 1
    """It takes ``least``, ``least + step``, ``least + 2 * step``, ... pixels too."""
    weights: Mapping[str, tuple[int, int | None]] | None = None
    """Published version (``v1``, or ``default``) -> smallest and largest image size, in pixels, at which
    the network has the shapes of these weights; ``None``: no largest. ``None``: not torchvision's."""

    def takes(self, image_size: int) -> bool:
        """Tell whether the network is known to take square images of ``image_size`` pixels."""
        return image_size >= self.least and (image_size - self.least) % self.step == 0

    def has_weights(self, version: str | None, image_size: int) -> bool:
        """Tell whether a version (``None``: the default) is published and fits images of this size."""
        least, most = (self.weights or {}).get(version or DEFAULT_VERSION, (1, 0))
        return least <= image_size and (most is None or image_size <= most)


def facts_of(name: str) -> Facts | None:
    """Return the facts of an architecture; ``None`` where they were not found before."""
    return _read().get(name)


def torchvision_names() -> tuple[str, ...]:
    """Name torchvision's classifiers."""
    return tuple(name for name, facts in _read().items() if facts.weights is not None)


@cache
def _read() -> Mapping[str, Facts]:
    return {
        name: Facts(**{**values, "weights": _sizes(values["weights"])})
        for name, values in json.loads(FILE.read_text(encoding="utf-8")).items()
    }


def _sizes(weights: Mapping[str, list[int]] | None) -> Mapping[str, tuple[int, int | None]] | None:
    return None if weights is None else {name: (least, most) for name, (least, most) in weights.items()}
