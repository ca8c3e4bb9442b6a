"""What the report says of the insides of trained networks."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from convbench.data.prepared import Prepared, open_prepared
from convbench.files import read_json
from convbench.report.data_page import Strip
from convbench.report.figures import Figure
from convbench.report.inside_figures import embedding
from convbench.report.inside_page import Grid, InsidePage, ViewPart
from convbench.report.pictures import heat, kernels, overlaid, sheet
from convbench.stages.folders import PREPARED
from convbench.stages.plan import Plan
from convbench.stages.report_data import Badges
from convbench.stages.runs import view_folder
from convbench.stages.view import ABOUT, Case, Opened, View

_FILTERS, _COLUMNS, _KERNEL = 64, 16, 32  # filters shown, in a row, pixels of one
_CASE, _MAP, _MAPS_IN_A_ROW = 128, 60, 4  # pixels of an image, of a feature map
_WATCHED = 2  # images whose feature maps are shown


def inside_page(plan: Plan, badges: Badges) -> InsidePage:
    """Put together the page on the networks that the plan has opened."""
    folders = [view_folder(view) for view in plan.explained]
    views = [View.read(each) for each in folders if not read_json(each / ABOUT).get("reason")]
    return InsidePage(plan.grid.name, [_part(view) for view in views if view.networks], badges)


def _part(view: View) -> ViewPart:
    data = open_prepared(PREPARED / view.dataset)
    return ViewPart(
        dataset=view.dataset,
        architecture=view.architecture,
        about=f"One run each of {', '.join(each.name for each in view.networks if each.trained)}: "
        f"{view.task}, {view.augmentation}, seed {view.seed}.",
        absent=view.absent,
        filters_title=_how_far(view),
        filters=list(_filters(view)),
        maps=list(_maps(view, data)),
        activation=_activation(view, data) if view.layer else None,
        layer=view.layer or "",
        embedding=_embedding(view, data),
    )


def _trained(view: View) -> list[tuple[int, Opened]]:
    return [(place, each) for place, each in enumerate(view.networks) if each.trained]


def _label(each: Opened) -> str:
    return each.name if each.trained else f"{each.name}, before training"


def _how_far(view: View) -> str:
    found = [
        f"{each.name} {each.filters_moved:.1%}"
        for _, each in _trained(view)
        if each.filters_moved is not None
    ]
    return f"How far training moved the first filters: {', '.join(found)} of their length"


def _filters(view: View) -> Iterator[Strip]:
    for place, each in enumerate(view.networks):
        if each.same_body or f"filters/{place}" not in view.pictures:
            continue
        found = view.pictures[f"filters/{place}"]
        shown = kernels(found[:_FILTERS])
        of = f"{len(shown)} of {len(found)}" if len(found) > len(shown) else str(len(found))
        size = "x".join(map(str, found.shape[2:]))
        alike = _alike(view, place)
        yield Strip(
            f"{_label(each)}{f' (and {alike}, which does not change them)' if alike else ''}: "
            f"{of} filters of {size}",
            sheet(shown, min(_COLUMNS, len(shown)), _KERNEL),
            f"First filters of {_label(each)}",
        )


def _alike(view: View, start: int) -> str:
    """Name the trained networks that still have the body of the one at ``start``."""
    return ", ".join(each.name for each in view.networks if each.same_body and each.start == start)


def _maps(view: View, data: Prepared) -> Iterator[Grid]:
    trained = _trained(view)
    every = max(1, (len(view.cases) + 1) // _WATCHED)
    for number in range(0, len(view.cases), every):
        case = view.cases[number]
        rows = []
        for depth, layer in enumerate(trained[0][1].layers):
            found = [view.pictures[f"maps/{place}/{layer}"][number] for place, _ in trained]
            side = "x".join(map(str, found[0].shape[1:]))
            rows.append(
                (
                    f"{layer}: {side} places, {trained[0][1].channels[depth]} channels",
                    [
                        Strip(
                            "", sheet(heat(each), _MAPS_IN_A_ROW, _MAP), f"Maps of {layer} in {one.name}"
                        )
                        for each, (_, one) in zip(found, trained, strict=True)
                    ],
                )
            )
        yield Grid(
            f"What each depth makes of an image of {case.true}",
            _pictured(data, case),
            [each.name for _, each in trained],
            rows,
        )


def _activation(view: View, data: Prepared) -> Grid:
    trained = _trained(view)
    rows = []
    for number, case in enumerate(view.cases):
        pixels = data.pixels[case.row]
        cells = []
        for (place, each), answer in zip(trained, case.answers, strict=True):
            lit = overlaid(pixels, view.pictures[f"activation/{place}"][number])
            mark = "right" if answer.right else "wrong"
            said = f"{answer.said}, {answer.chance:.0%}: {mark}"
            alt = f"Where {each.name} sees {answer.said}"
            cells.append(Strip(said, sheet(lit[None], 1, _CASE), alt))
        rows.append((_pictured(data, case), cells))
    return Grid(_agreement(view), None, [each.name for _, each in trained], rows)


def _pictured(data: Prepared, case: Case) -> Strip:
    return Strip(case.true, sheet(data.pixels[[case.row]], 1, _CASE), f"A test image of {case.true}")


def _agreement(view: View) -> str:
    if len(_trained(view)) == 1:
        return "Where the network looks"
    return (
        f"Where they look: the networks say the same of {view.agree:.0%} of {view.tests:,} test images"
    )


def _embedding(view: View, data: Prepared) -> Figure | None:
    shown = [(place, each) for place, each in enumerate(view.networks) if not each.same_body]
    if not shown:
        return None
    labels = view.pictures["labels"]
    names = np.array(data.card.classes)
    tables = []
    for place, each in shown:
        alike = _alike(view, place)
        panel = f"{_label(each)}{f' = {alike}' if alike else ''}\n{each.beside_own:.0%} of its class"
        panel = panel.replace(", before", ",\nbefore")
        x, y = view.pictures[f"places/{place}"].T
        tables.append(
            pd.DataFrame(
                {
                    "network": panel,
                    "class": names[labels],
                    "beside": view.pictures[f"beside/{place}"],
                    "x": x,
                    "y": y,
                }
            )
        )
    return embedding(view.dataset, pd.concat(tables, ignore_index=True), _sorting(view))


def _sorting(view: View) -> str:
    """Say how many images lie beside one of their class, before and after."""
    shares = [f"{_label(each)} {each.beside_own:.0%}" for each in view.networks if not each.same_body]
    return (
        f"{view.dataset}, {view.architecture}: test images whose nearest other one is of their class: "
        f"{', '.join(shares)}"
    )
