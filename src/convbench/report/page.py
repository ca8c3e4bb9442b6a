"""The pages of results: HTML files that link to one another and to nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from convbench.report.figures import Figure
from convbench.report.hover import HoverCurves, bundle
from convbench.report.pages import PAGES
from convbench.words import points

_ELSEWHERE = ("anatomy.html", "data.html", "inside.html")
"""Pages with a content and a module of their own."""


@dataclass(frozen=True)
class Leaderboard:
    """The cells of one task, best first."""

    dataset: str
    size: int | None
    """Training images; ``None``: all, of a dataset that is absent."""
    rows: Sequence[Mapping[str, Any]]
    """Each with the columns of ``analysis.summary.cells`` and of the comparison with the best."""
    score: str
    """What is compared, in words: accuracy, mean average precision."""
    image_size: int
    validation_images: int
    multi_label: bool
    badges: Sequence[Mapping[str, str]] = ()
    """What the audit of the dataset found: name and text."""
    cheapest: Mapping[str, Any] | None = None
    """The cell that trains fastest within a point of the best on validation, if that is another one."""
    lost: Sequence[Mapping[str, Any]] = ()
    """Cells of which no run finished: see ``analysis.summary.lost``."""

    @property
    def best(self) -> Mapping[str, Any]:
        """The cell that validation chooses."""
        return next(row for row in self.rows if row["best"])

    @property
    def floor(self) -> float:
        """The lowest end of an interval, where the strips' axis begins."""
        return float(min(row["low"] for row in self.rows))

    @property
    def ceiling(self) -> float:
        """The highest end of an interval, where the strips' axis ends."""
        return float(max(row["high"] for row in self.rows))

    def position(self, accuracy: float) -> float:
        """Place an accuracy on the axis, in percent of its length."""
        return 100 * (accuracy - self.floor) / ((self.ceiling - self.floor) or 1)


@dataclass(frozen=True)
class Report:
    """What the pages of results say."""

    name: str
    question: str
    findings: Sequence[Any]
    """Sentences: text, and a link to what shows it."""
    words: Mapping[str, str]
    """Strategy or augmentation -> what it does."""
    transfers: Sequence[Mapping[str, Any]]
    """Task, strategy and its change of the test score: over all, and by architecture."""
    architectures: Sequence[str]
    leaderboards: Sequence[Leaderboard]
    figures: Mapping[str, Sequence[Figure]]
    """Page -> its figures; a page without any has no entry."""
    hover: Sequence[HoverCurves]
    """Interactive curves of the page on convergence, one a dataset."""
    effects: Sequence[Mapping[str, Any]]
    """What each level of each factor changed: rows of the table of effects."""
    convergence: Sequence[Mapping[str, Any]]
    """How fast and how steadily each cell learned: means over seeds."""
    guidelines: Sequence[Mapping[str, Any]]
    """The textbook's rules of thumb: claim, verdict and evidence."""
    labels: Sequence[Mapping[str, Any]]
    """Scores label by label of the best cell of a task, where images carry several."""
    hardest: Mapping[str, Sequence[Any]]
    """Dataset -> the test images that its best gets most wrong: caption, picture, alternative text."""
    badges: Mapping[str, Sequence[Mapping[str, str]]]
    """Dataset -> what its audit found."""
    pretraining: Sequence[Mapping[str, Any]]
    """Network, source and the metrics of the run that made its weights."""
    imported: Sequence[str]
    """Weights from elsewhere: network and what the grid calls them."""
    speeds: Sequence[Mapping[str, Any]]
    """Rows of the table of speeds: one an architecture."""
    datasets: Sequence[Mapping[str, Any]]
    """The prepared datasets' cards."""
    environments: Sequence[Mapping[str, Any]]
    """Every surrounding that a run of the grid had, with its number of runs."""
    runs: pd.DataFrame
    with_page: Collection[str]
    """The runs that have a page of their own."""
    reproduction: str
    """Obtained against expected numbers, in a sentence."""
    warnings: Sequence[str]
    store: str
    """Where MLflow keeps the runs."""

    @property
    def validation(self) -> Mapping[str, int]:
        """Dataset -> validation images."""
        return {board.dataset: board.validation_images for board in self.leaderboards if board.rows}


def render(report: Report) -> Mapping[str, str]:
    """Return the pages of results as HTML, by the name of their file."""
    return {
        file: page(f"{file}.jinja", name, page=report, figures=report.figures.get(file, ()))
        for file, name in PAGES.items()
        if file not in _ELSEWHERE
    }


def page(template: str, here: str, **content: Any) -> str:  # noqa: ANN401 (whatever the template says)
    """Render one template as the page that the navigation calls ``here``."""
    given = {"here": here, "pages": PAGES.items(), "root": "", **content}
    return templates().get_template(template).render(**given)


@cache
def templates() -> Environment:
    """Return the pages' templates, with what they need to write numbers."""
    environment = Environment(
        loader=PackageLoader("convbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["bundle"] = bundle
    environment.filters["percent"] = _percent
    environment.filters["points"] = lambda value: "–" if pd.isna(value) else points(value)
    environment.filters["short"] = lambda value: "–" if pd.isna(value) else f"{value:.1f}"
    environment.filters["chance"] = lambda value: "–" if pd.isna(value) else _chance(value)
    environment.filters["count"] = lambda value: "–" if pd.isna(value) else f"{int(value):,}"
    environment.filters["ms"] = lambda value: "–" if pd.isna(value) else f"{value:.3g}"
    environment.filters["seconds"] = lambda value: "–" if pd.isna(value) else f"{value:,.2f}"
    return environment


def _chance(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _percent(value: Any) -> str:  # noqa: ANN401 (a template's cell: a float, or pandas' NA)
    return "–" if pd.isna(value) else f"{value:.1%}"
