"""The page on the networks: their layers, what they cost, and how far they see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convbench.report.figures import Figure
from convbench.report.page import page as rendered

Row = Mapping[str, str]


@dataclass(frozen=True)
class NetworkPart:
    """One network of the grid, layer by layer."""

    name: str
    note: str
    """What is unusual about it at this image size; mostly nothing."""
    coverage: str
    """Whether the last receptive field covers the image, in a sentence."""
    total: Row
    """Its row of the comparison."""
    other_parameters: str
    """Those of no layer in the table."""
    layers: Sequence[Row]


@dataclass(frozen=True)
class AnatomyPage:
    """What the page says; numbers come as they are to be read."""

    name: str
    image_size: int
    classes: int
    """Of the grid's networks; those they are compared with have 1,000."""
    compared: Sequence[Row]
    networks: Sequence[NetworkPart]
    figures: Sequence[Figure]


def render_anatomy(page: AnatomyPage) -> str:
    """Return the page as HTML."""
    return rendered("anatomy.html.jinja", "Networks", page=page)
