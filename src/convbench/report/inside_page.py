"""The page on what goes on inside the trained networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convbench.report.data_page import Strip
from convbench.report.figures import Figure
from convbench.report.page import page as rendered


@dataclass(frozen=True)
class Grid:
    """Pictures in rows and columns."""

    title: str
    corner: Strip | None
    """What all of them are of."""
    columns: Sequence[str]
    rows: Sequence[tuple[Strip | str, Sequence[Strip]]]
    """What a row is of, and its pictures, one a column."""


@dataclass(frozen=True)
class ViewPart:
    """The networks of one dataset and architecture."""

    dataset: str
    architecture: str
    about: str
    """Which runs were opened."""
    absent: Mapping[str, str]
    """Strategy -> why there is no network of it."""
    filters_title: str
    filters: Sequence[Strip]
    maps: Sequence[Grid]
    activation: Grid | None
    """``None``: there are no maps to take it from."""
    layer: str
    embedding: Figure | None

    @property
    def key(self) -> str:
        """What to call it in links."""
        return f"{self.dataset}-{self.architecture}".replace("/", "-")


@dataclass(frozen=True)
class InsidePage:
    """What the page says."""

    name: str
    views: Sequence[ViewPart]
    badges: Mapping[str, Sequence[Mapping[str, str]]]


def render_inside(page: InsidePage) -> str:
    """Return the page as HTML."""
    return rendered("inside.html.jinja", "Inside", page=page)
