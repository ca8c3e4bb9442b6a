"""The page of a single run: how it learned, what it gets wrong, and how to repeat it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convbench.report.data_page import Strip
from convbench.report.page import page as rendered


@dataclass(frozen=True)
class Line:
    """One curve, epoch by epoch."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Curves:
    """Curves on one pair of axes: the epochs along, values from ``low`` to ``high`` up."""

    title: str
    lines: Sequence[Line]
    share: bool
    """Whether the values are fractions, to be read as percent."""

    @property
    def low(self) -> float:
        """The lowest value, where the axis begins."""
        return min(min(line.values) for line in self.lines)

    @property
    def high(self) -> float:
        """The highest value, where the axis ends."""
        return max(max(line.values) for line in self.lines)

    @property
    def epochs(self) -> int:
        """How many there are."""
        return max(len(line.values) for line in self.lines)

    def points(self, line: Line) -> Sequence[tuple[float, float, float]]:
        """Place a curve on a field of 100 by 100, the origin at the top left: x, y and the value."""
        span = (self.high - self.low) or 1.0
        along = max(self.epochs - 1, 1)
        return [
            (100 * place / along, 100 * (self.high - value) / span, value)
            for place, value in enumerate(line.values)
        ]


@dataclass(frozen=True)
class ClassRow:
    """How one class fares."""

    name: str
    images: int
    right: float
    """The share of its images."""
    taken_for: str
    """The class that it is most often taken for, and how often; empty where never."""


@dataclass(frozen=True)
class RunPage:
    """What the page says."""

    name: str
    """The grid's."""
    run: Mapping[str, Any]
    """The row of the table of runs."""
    log: str
    """The last lines that the run printed, if it ended without a result."""
    badges: Sequence[Mapping[str, str]]
    curves: Sequence[Curves]
    classes: Sequence[ClassRow]
    """Nothing where images carry several labels."""
    examples: Sequence[Strip]
    spec: str
    """As JSON."""
    data_digest: str
    environment: Mapping[str, Any]
    command: str
    store: str

    @property
    def root(self) -> str:
        """The way from the page to the report's folder."""
        return "../" * (str(self.run["run_id"]).count("/") + 1)


def render_run(page: RunPage) -> str:
    """Return the page as HTML."""
    return rendered("run.html.jinja", "", page=page, root=page.root)
