import re

import pytest
from tests.project import Project

from convbench.report.inside_page import InsidePage, render_inside
from convbench.stages.grid import read_plan
from convbench.stages.report_inside import inside_page


@pytest.fixture
def page(reproduced: Project, monkeypatch: pytest.MonkeyPatch) -> InsidePage:
    monkeypatch.chdir(reproduced.root)
    return inside_page(read_plan(reproduced.root / "results" / "grid.json"), {"digits": []})


def test_networks_stand_side_by_side_at_every_case(page):
    (view,) = page.views

    assert view.activation is not None
    assert view.activation.columns == ["scratch", "fine_tune"]
    assert all(len(cells) == 2 for _, cells in view.activation.rows)
    assert all(
        re.search(r"^\d, \d+%: (right|wrong)$", cell.caption) for cell in view.activation.rows[0][1]
    )


def test_filters_are_shown_before_and_after(page):
    (view,) = page.views

    assert [each.caption.partition(":")[0] for each in view.filters] == [
        "random, before training",
        "letters, before training",
        "scratch",
        "fine_tune",
    ]
    assert re.match(
        r"How far training moved the first filters: scratch [\d.]+%, fine_tune [\d.]+% of",
        view.filters_title,
    )


def test_every_depth_is_shown_of_two_images(page):
    (view,) = page.views

    assert len(view.maps) == 2
    assert [row for row, _ in view.maps[0].rows] == [
        "conv1: 8x8 places, 32 channels",
        "conv2: 4x4 places, 64 channels",
    ]


def test_how_images_are_sorted_is_said_and_can_be_downloaded(page):
    (view,) = page.views

    assert view.embedding is not None
    assert view.embedding.table is not None
    for network, points in view.embedding.table.groupby("network"):
        assert f"{points['beside'].mean():.0%}" == str(network).split()[-4]


def test_every_picture_has_an_alternative_text(page):
    html = render_inside(page)

    pictures = re.findall(r"<img [^>]*>", html)
    assert len(pictures) > 15
    assert all(re.search(r' alt="[^"]{3,}"', each) for each in pictures)
    assert not re.search(r'(src|href)="(?!data:|#|[a-z]+\.html)', html)


def test_where_nothing_was_opened_the_page_says_so():
    assert "No networks were opened" in render_inside(InsidePage("tiny", [], {}))
