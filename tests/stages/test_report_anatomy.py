import re
import shutil

import pytest
import yaml

from convbench.report.anatomy_page import render_anatomy
from convbench.report.pages import PAGES
from convbench.stages.folders import PREPARED
from convbench.stages.plan import plan
from convbench.stages.report_anatomy import anatomy_page


@pytest.fixture
def page(prepared, values, tmp_path, monkeypatch):
    """Return the page of a grid with these architectures, on images of 8 px, of three classes."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(prepared, PREPARED / "digits")

    def make(*architectures, **more):
        grid = yaml.safe_load(yaml.safe_dump(values))
        grid["architectures"] = list(architectures)
        return anatomy_page(plan(grid | more, "a.yaml"))

    return make


def _row(page, name):
    return next(row for row in page.compared if row["name"] == name)


def test_the_known_networks_stand_beside_the_grids_own(page):
    found = page("simple_cnn", "resnet20")

    assert [row["name"] for row in found.compared] == [
        *("alexnet", "vgg16", "resnet18", "resnet50"),
        *("simple_cnn", "resnet20"),
    ]
    vgg16 = _row(found, "vgg16")
    assert vgg16["image_size"] == "224"
    assert vgg16["parameters"] == "138,357,544"
    assert (vgg16["depth"], vgg16["field"], vgg16["covers"]) == ("16", "212", "no")
    assert _row(found, "resnet50")["covers"] == "yes"
    assert _row(found, "resnet20")["image_size"] == "8"
    assert _row(found, "resnet20")["parameters"] == f"{269_722 - 7 * 65:,}"  # three classes, not ten
    assert [part.name for part in found.networks] == ["simple_cnn", "resnet20"]


def test_convolutions_are_set_against_fully_connected_layers(page):
    simple = _row(page("simple_cnn"), "simple_cnn")
    dense = [3 * 64 * 32 * 64 + 32 * 64, 32 * 16 * 64 * 16 + 64 * 16]  # maps of 8 and of 4 px
    convolutional = [3 * 9 * 32 + 32, 32 * 9 * 64 + 64]

    assert simple["convolutions"] == "2"
    assert simple["convolution_parameters"] == f"{sum(convolutional):,}"
    assert simple["fully_connected"] == f"{sum(dense) / 1e3:.1f} k"
    assert simple["times"] == f"{sum(dense) / sum(convolutional):,.0f}"


def test_every_layer_has_its_row(page):
    html = render_anatomy(page("simple_cnn"))

    cells = re.search(r'<th scope="row">conv2</th>(.*)</tr>', html)[1]
    assert re.findall(r"<td[^>]*>(.*?)</td>", cells) == [
        *("convolution", "3 x 3", "1", "1", "64 x 4 x 4", "18,496", "294,912", "8", "525.3 k")
    ]
    assert "The last receptive field, 10 px a side, covers the image of 8 px." in html


def test_a_network_of_the_grid_that_is_also_a_known_one_is_drawn_once(page):
    found = page("resnet18", image_size=224)

    assert [row["name"] for row in found.compared].count("resnet18") == 2
    assert all(figure.alt.count("resnet18, 224 px") == 1 for figure in found.figures)


def test_twins_that_lie_on_each_other_are_drawn_as_one(page):
    found = page("plain20", "resnet20", "simple_cnn")

    for figure in found.figures:
        assert list(figure.table["network"].unique())[4:] == [
            "plain20 / resnet20, 8 px",
            "simple_cnn, 8 px",
        ]
    assert [part.name for part in found.networks] == ["plain20", "resnet20", "simple_cnn"]


def test_the_stem_for_small_images_is_said(page):
    html = render_anatomy(page("resnet18"))

    assert "Built with a 3x3 stem" in html


def test_grey_networks_are_described_as_they_are_trained(page):
    colour, grey = (_row(page("simple_cnn", channels=each), "simple_cnn") for each in (3, 1))

    counts = [int(row["parameters"].replace(",", "")) for row in (colour, grey)]
    assert counts[0] - counts[1] == 2 * 9 * 32


def test_nothing_outside_the_page_is_named_but_those_beside_it(page):
    html = render_anatomy(page("simple_cnn", "plain20"))

    assert re.findall(r"(?:https?:)?//(?!/)[a-z0-9.-]+", re.sub(r"data:image[^\"]*", "", html)) == []
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    outside = {each for each in sources if not each.startswith(("data:", "#"))}
    assert outside == set(PAGES)
    targets = {each for each in sources if each.startswith("#")}
    assert targets <= {f"#{name}" for name in re.findall(r'id="([^"]+)"', html)}


def test_figures_say_what_they_show(page):
    sizes, fields = page("simple_cnn").figures

    assert "simple_cnn, 8 px" in sizes.alt
    assert "simple_cnn, 8 px" in fields.alt
    assert sizes.source.startswith("data:image/svg+xml;base64,")
    again = [each.source for each in page("simple_cnn").figures]
    assert again == [sizes.source, fields.source]
