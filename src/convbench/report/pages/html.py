"""Render the templates to HTML pages without external links."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from convbench.report.figures.hover import bundle
from convbench.report.pages.names import PAGES
from convbench.report.pages.table import marks, written
from convbench.report.results import Results
from convbench.scores import title_of


def fill(page: str, results: Results, *, root: str = "", **content: object) -> str:
    """Fill the template of a page with what every page shows, and with ``content``.

    ``root``: the way from the page to the report's folder.
    """
    given = {
        "grid": results.plan.grid.name,
        "badges": results.badges,
        "pages": PAGES,
        "here": page,
        "root": root,
    }
    return templates().get_template(f"{page}.html.jinja").render(given | content)


@cache
def templates() -> Environment:
    """Return the templates, with filters that write numbers."""
    environment = Environment(
        loader=PackageLoader("convbench.report.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["written"] = written
    environment.globals.update(marks=marks, plotly=bundle, title_of=title_of)
    return environment
