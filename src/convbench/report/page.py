"""The page: one HTML file with everything in it and no address outside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from convbench.report.figures import Figure


@dataclass(frozen=True)
class Leaderboard:
    """The cells of one task, best first."""

    dataset: str
    size: int
    rows: Sequence[Mapping[str, Any]]
    """Each with the columns of ``analysis.summary.cells``."""
    score: str
    """What is compared, in words: accuracy, mean average precision."""
    multi_label: bool
    badges: Sequence[Mapping[str, str]] = ()
    """What the audit of the dataset found: name and text."""

    @property
    def best(self) -> Mapping[str, Any]:
        """The cell that validation chooses."""
        return max(self.rows, key=lambda row: float(row["val"]))

    @property
    def ties(self) -> int:
        """Other cells with the same validation score as the best: the config's order decides."""
        return sum(bool(row["val"] == self.best["val"]) for row in self.rows) - 1

    @property
    def floor(self) -> float:
        """The lowest test score of any run, where the spread's axis begins."""
        return float(min(row["test_low"] for row in self.rows))

    @property
    def ceiling(self) -> float:
        """The highest test score of any run, where the spread's axis ends."""
        return float(max(row["test_high"] for row in self.rows))

    def position(self, accuracy: float) -> float:
        """Place an accuracy on the axis, in percent of its length."""
        return 100 * (accuracy - self.floor) / ((self.ceiling - self.floor) or 1)


@dataclass(frozen=True)
class Page:
    """What the report says."""

    name: str
    question: str
    findings: Sequence[str]
    transfers: Sequence[Mapping[str, Any]]
    """Task, strategy and its change of test accuracy: over all, and by architecture."""
    architectures: Sequence[str]
    leaderboards: Sequence[Leaderboard]
    figures: Sequence[Figure]
    guidelines: Sequence[Mapping[str, Any]]
    """The textbook's rules of thumb that this grid tests: claim, verdict and evidence."""
    labels: Sequence[Mapping[str, Any]]
    """Scores label by label of the best cell of a task, where images carry several."""
    badges: Mapping[str, Sequence[Mapping[str, str]]]
    """Dataset -> what its audit found."""
    pretraining: Sequence[Mapping[str, Any]]
    """Network, source and the metrics of the run that made its weights."""
    datasets: Sequence[Mapping[str, Any]]
    """The prepared datasets' cards."""
    environments: Sequence[Mapping[str, Any]]
    """Every surrounding that a run of the grid had, with its number of runs."""
    runs: pd.DataFrame
    reproduction: str
    """Obtained against expected numbers, in a sentence."""
    warnings: Sequence[str]
    store: str
    """Where MLflow keeps the runs."""


def render(page: Page) -> str:
    """Return the report as HTML."""
    return templates().get_template("index.html.jinja").render(page=page)


def templates() -> Environment:
    """Return the pages' templates, with what they need to write numbers."""
    environment = Environment(
        loader=PackageLoader("convbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["count"] = lambda value: "–" if pd.isna(value) else f"{int(value):,}"
    environment.filters["seconds"] = lambda value: "–" if pd.isna(value) else f"{value:,.2f}"
    return environment


def _percent(value: Any) -> str:  # noqa: ANN401 (a template's cell: a float, or pandas' NA)
    return "–" if pd.isna(value) else f"{value:.1%}"
