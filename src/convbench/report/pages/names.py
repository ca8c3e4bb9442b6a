"""File names, titles and order of the pages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page of the report."""

    title: str
    """As the navigation shows it."""
    module: str
    """Of this package: ``render`` turns ``Results`` into HTML, by the template of the same name."""

    @property
    def path(self) -> str:
        """The module's full name."""
        return f"convbench.report.pages.{self.module}"


PAGES: Mapping[str, Page] = {
    "index.html": Page("Overview", "overview"),
    "accuracy.html": Page("Accuracy", "accuracy"),
    "cost.html": Page("Time and cost", "cost"),
    "convergence.html": Page("Convergence", "convergence"),
    "factors.html": Page("Factors", "factors"),
    "guidelines.html": Page("Guidelines", "guidelines"),
    "inside.html": Page("Explained", "explained"),
    "anatomy.html": Page("Networks", "networks"),
    "data.html": Page("Data", "data"),
    "reproduce.html": Page("Reproduce", "reproduce"),
}
"""File -> page, in the order of the navigation."""
