"""The page on the data: what each dataset is, what it looks like, and what its audit found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convbench.report.page import page as rendered


@dataclass(frozen=True)
class Strip:
    """A row of small pictures."""

    caption: str
    source: str
    """The picture, as a data URI."""
    alt: str


@dataclass(frozen=True)
class DatasetPart:
    """What is known of one dataset."""

    card: Mapping[str, Any]
    audit: Mapping[str, Any]
    badges: Sequence[Mapping[str, str]]
    keeps: Sequence[str] | None
    """Changes that keep its labels, in words; ``None``: not known."""
    broken: Mapping[str, str]
    """Augmentation of the grid -> what it does that may change the labels."""
    samples: Sequence[Strip]
    augmented: Sequence[Strip]
    """Some training images, and the same after each augmentation; nothing where there is none."""
    duplicates: Sequence[Strip]

    @property
    def largest(self) -> int:
        """Images of the largest class, where the balance's axis ends."""
        return max(
            sum(int(row[split]) for split in ("train", "val", "test")) for row in self.audit["classes"]
        )


@dataclass(frozen=True)
class DataPage:
    """What the page says."""

    name: str
    datasets: Sequence[DatasetPart]
    absent: Mapping[str, str]
    """Dataset of which nothing can be shown -> the reason."""


def render_data(page: DataPage) -> str:
    """Return the page as HTML."""
    return rendered("data.html.jinja", "Data", page=page)
