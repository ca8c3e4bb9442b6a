"""The pages that a report has."""

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "index.html": "Overview",
    "accuracy.html": "Accuracy",
    "cost.html": "Time and cost",
    "convergence.html": "Convergence",
    "factors.html": "Factors",
    "guidelines.html": "Guidelines",
    "inside.html": "Inside",
    "anatomy.html": "Networks",
    "data.html": "Data",
    "reproduce.html": "Reproduce",
}
"""File -> what the page is called, in the order of the navigation."""
