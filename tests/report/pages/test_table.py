import pytest
from tests.report.samples import SPEED

from convbench.report.pages.html import templates
from convbench.report.pages.table import Shown, Table, columns, shown, written
from convbench.results.schema import SpeedRow


@pytest.mark.parametrize(
    ("value", "format", "text"),
    [
        (None, "percent", "–"),
        (0.1234, "percent", "12.3%"),
        (-0.0512, "points", "−5.1"),
        (1234567, "count", "1,234,567"),
        (2.0, "count", "2.0"),
        (0.00012345, "number", "0.000123"),
        (1234.567, "seconds", "1,234.57"),
        (12.345, "ms", "12.3"),
        (0.0004, "p_value", "< 0.001"),
        (0.0412, "p_value", "0.041"),
        (False, "flag", "no"),
        ("<b>", "text", "<b>"),
    ],
)
def test_a_value_is_written_in_the_format_of_its_column(value, format, text):
    assert written(value, format) == text


def rendered(table):
    source = '{% from "shared/macros.html.jinja" import table %}{{ table(it) }}'
    return templates().from_string(source).render(it=table)


def test_heading_alignment_and_format_follow_from_the_schema():
    found = columns(SpeedRow, SpeedRow.architecture, SpeedRow.inference_ms)

    html = rendered(Table("Speed", [SPEED], found, sortable=True))

    assert '<th scope="col">Architecture</th>' in html
    assert '<th scope="col" class="n">Inference, one image, ms</th>' in html
    assert '<th scope="row">net</th><td class="n" data-value="1.25">1.25</td>' in html


def test_text_of_a_row_is_escaped():
    named = Shown("Name", value=lambda row: row, write=lambda row: row)

    assert '<th scope="row">&lt;b&gt;</th>' in rendered(Table("Names", ["<b>"], [named]))


def test_what_is_missing_sorts_as_nothing():
    column = shown(SpeedRow, SpeedRow.inference_ms)
    unknown = SpeedRow(architecture="net", reason="killed")

    assert (column.key(unknown), column.cell(unknown)) == ("", "–")
