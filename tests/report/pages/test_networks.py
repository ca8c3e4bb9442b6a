import re
import shutil

import pytest
import yaml

from convbench.planning.plan import plan
from convbench.report.pages.names import PAGES
from convbench.report.pages.networks import compared, figures, render
from convbench.report.results import Results
from convbench.results.rows import table
from convbench.results.schema import TABLES


@pytest.fixture
def results(prepared, values, tmp_path, monkeypatch):
    """Return the results of a grid with these architectures, on images of 8 px, of three classes."""
    monkeypatch.chdir(tmp_path)

    def make(*architectures, **more):
        grid = yaml.safe_load(yaml.safe_dump(values))
        grid["architectures"] = list(architectures)
        found = plan(grid | more, "a.yaml")
        shutil.copytree(prepared, found.prepared("digits"), dirs_exist_ok=True)
        made = Results.joined(found, **{name: table([], kind) for name, kind in TABLES.items()})
        vars(made).update(cards={"digits": made.prepared("digits").card}, badges={})
        return made

    return make


@pytest.fixture
def networks(results):
    return lambda *architectures, **more: compared(results(*architectures, **more))


def _cells(html, table, name):
    """Return a row of the table with this name: what is written in it."""
    part = html[html.index(f'aria-label="{table}"') :].partition("</table>")[0]
    (row,) = [row for row in part.split("<tr>") if re.search(rf">{name}(</a>)?</th>", row)]
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def test_the_known_networks_stand_beside_the_grids_own(results):
    found = results("simple_cnn", "resnet20")

    assert [each.name for each in compared(found)] == [
        *("alexnet", "vgg16", "resnet18", "resnet50"),
        *("simple_cnn", "resnet20"),
    ]
    html = render(found)
    side = "Networks side by side"
    assert _cells(html, side, "vgg16") == ["224", "138,357,544", "15,470,264,320", "16", "212", "no"]
    assert _cells(html, side, "resnet50")[-1] == "yes"
    assert _cells(html, side, "resnet20")[:2] == [
        "8",
        f"{269_722 - 7 * 65:,}",  # three classes, not ten
    ]
    assert re.findall(r'<details[^>]* id="(\w+)"', html) == ["simple_cnn", "resnet20"]


def test_convolutions_are_set_against_fully_connected_layers(results):
    html = render(results("simple_cnn"))

    dense = [3 * 64 * 32 * 64 + 32 * 64, 32 * 16 * 64 * 16 + 64 * 16]  # maps of 8 and of 4 px
    convolutional = [3 * 9 * 32 + 32, 32 * 9 * 64 + 64]
    assert _cells(html, "Convolutions and fully connected layers", "simple_cnn") == [
        "8",
        "2",
        f"{sum(convolutional):,}",
        f"{sum(dense) / 1e3:.1f} k",
        f"{sum(dense) / sum(convolutional):,.0f}",
    ]


def test_every_layer_has_its_row(results):
    html = render(results("simple_cnn"))

    assert _cells(html, "Layers of simple_cnn", "conv2") == [
        *("convolution", "3 x 3", "1", "1", "64 x 4 x 4", "18,496", "294,912", "8", "525.3 k")
    ]
    assert "The last receptive field, 10 px a side, covers the image of 8 px." in html


def test_a_network_of_the_grid_that_is_also_a_known_one_is_drawn_once(networks):
    found = networks("resnet18", image_size=224)

    assert [each.name for each in found].count("resnet18") == 2
    assert all(figure.alt.count("resnet18, 224 px") == 1 for figure in figures(found))


def test_twins_that_lie_on_each_other_are_drawn_as_one(networks):
    found = networks("plain20", "resnet20", "simple_cnn")

    for figure in figures(found):
        assert list(figure.table["network"].unique())[4:] == [
            "plain20 / resnet20, 8 px",
            "simple_cnn, 8 px",
        ]
    assert [each.name for each in found if each.own] == ["plain20", "resnet20", "simple_cnn"]


def test_the_stem_for_small_images_is_described(results):
    assert "Built with a 3x3 stem" in render(results("resnet18"))


def test_grey_networks_are_described_as_they_are_trained(networks):
    colour, grey = (networks("simple_cnn", channels=each)[-1].anatomy for each in (3, 1))

    assert colour.parameters - grey.parameters == 2 * 9 * 32


def test_nothing_outside_the_page_is_named_but_those_beside_it(results):
    html = render(results("simple_cnn", "plain20"))

    assert re.findall(r"(?:https?:)?//(?!/)[a-z0-9.-]+", re.sub(r"data:image[^\"]*", "", html)) == []
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    outside = {each for each in sources if not each.startswith(("data:", "#"))}
    assert outside == set(PAGES)
    targets = {each for each in sources if each.startswith("#")}
    assert targets <= {f"#{name}" for name in re.findall(r'id="([^"]+)"', html)}


def test_figures_say_what_they_show(networks):
    sizes, fields = figures(networks("simple_cnn"))

    assert "simple_cnn, 8 px" in sizes.alt
    assert "simple_cnn, 8 px" in fields.alt
    assert sizes.source.startswith("data:image/svg+xml;base64,")
    again = [each.source for each in figures(networks("simple_cnn"))]
    assert again == [sizes.source, fields.source]
