import re

import pytest

from convbench.report.figures.inside import BESIDE, NETWORK
from convbench.report.pages import explained
from convbench.report.pages.explained import render, view_parts


@pytest.fixture
def views(on_disk):
    return view_parts(on_disk)


def test_networks_stand_side_by_side_at_every_case(views):
    (view,) = views

    assert view.activation is not None
    assert view.activation.columns == ["scratch", "fine_tune"]
    assert all(len(cells) == 2 for _, cells in view.activation.rows)
    assert all(
        re.search(r"^\d, \d+%: (correct|wrong)$", cell.caption) for cell in view.activation.rows[0][1]
    )


def test_filters_are_shown_before_and_after(views):
    (view,) = views

    assert [each.caption.partition(":")[0] for each in view.filters] == [
        "random, before training",
        "letters, before training",
        "scratch",
        "fine_tune",
    ]
    assert re.match(
        r"First filters; change by training: scratch [\d.]+%, fine_tune [\d.]+% of",
        view.filters_title,
    )


def test_every_depth_is_shown_of_two_images(views):
    (view,) = views

    assert len(view.maps) == 2
    assert [row for row, _ in view.maps[0].rows] == [
        "conv1: 8x8 positions, 32 channels",
        "conv2: 4x4 positions, 64 channels",
    ]


def test_how_images_are_sorted_is_said_and_can_be_downloaded(views):
    (view,) = views

    assert view.embedding is not None
    assert view.embedding.table is not None
    for network, points in view.embedding.table.groupby(NETWORK):
        assert f"{points[BESIDE].mean():.0%}" == str(network).split()[-4]


def test_every_picture_has_an_alternative_text(on_disk):
    html = render(on_disk)

    pictures = re.findall(r"<img [^>]*>", html)
    assert len(pictures) > 15
    assert all(re.search(r' alt="[^"]{3,}"', each) for each in pictures)
    assert not re.search(r'(src|href)="(?!data:|#|[a-z]+\.html)', html)


def test_where_no_network_is_explained_the_page_says_so(make, monkeypatch):
    monkeypatch.setattr(explained, "view_parts", lambda results: [])
    assert "No networks are explained" in render(make())
