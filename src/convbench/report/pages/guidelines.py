"""The page on rules of thumb: which of them the results support."""

from markupsafe import Markup

from convbench.report.pages.html import fill
from convbench.report.pages.table import Shown, Table, shown
from convbench.report.results import Results
from convbench.results.rows import rows_of
from convbench.results.schema import GuidelineRow


def render(results: Results) -> str:
    """Return the page as HTML."""
    verdict: Shown[GuidelineRow] = shown(
        GuidelineRow,
        GuidelineRow.verdict,
        write=lambda row: Markup("<b>{}</b>").format(row.verdict),
    )
    table = Table(
        "Rules of thumb",
        rows_of(results.guidelines, GuidelineRow),
        [
            shown(GuidelineRow, GuidelineRow.claim),
            verdict,
            shown(GuidelineRow, GuidelineRow.evidence),
        ],
        style="prose",
    )
    return fill("guidelines", results, rules=table)
