"""The page that explains trained networks: first filters, feature maps, class activation, embedding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from convbench.data.prepared import Prepared
from convbench.files import read_json
from convbench.report.figures.base import Figure
from convbench.report.figures.inside import BESIDE, CLASS, NETWORK, X, Y, embedding
from convbench.report.figures.pictures import Strip, heat, kernels, overlaid, sheet
from convbench.report.pages.html import fill
from convbench.report.results import Results
from convbench.results.view import ABOUT, Case, ExplainedNetwork, View

_FILTERS, _COLUMNS, _KERNEL = 64, 16, 32  # filters shown, in a row, pixels of one
_CASE, _MAP, _MAPS_IN_A_ROW = 128, 60, 4  # pixels of an image, of a feature map
_WITH_MAPS = 2  # images whose feature maps are shown


@dataclass(frozen=True)
class PictureGrid:
    """Pictures in rows and columns."""

    title: str
    corner: Strip | None
    """What all of them are of."""
    columns: Sequence[str]
    rows: Sequence[tuple[Strip | str, Sequence[Strip]]]
    """What a row is of, and its pictures, one per column."""


@dataclass(frozen=True)
class ViewPart:
    """The networks of one dataset and architecture."""

    dataset: str
    architecture: str
    about: str
    """Which runs are explained."""
    absent: Mapping[str, str]
    """Strategy -> why there is no network of it."""
    filters_title: str
    filters: Sequence[Strip]
    maps: Sequence[PictureGrid]
    activation: PictureGrid | None
    """``None``: the classifier is given no feature maps."""
    layer: str
    embedding: Figure | None

    @property
    def key(self) -> str:
        """What to call it in links."""
        return f"{self.dataset}-{self.architecture}".replace("/", "-")


def render(results: Results) -> str:
    """Return the page as HTML."""
    return fill("explained", results, views=view_parts(results))


def view_parts(results: Results) -> list[ViewPart]:
    """Return what the page shows of each dataset and architecture that the grid explains."""
    folders = [results.plan.view_folder(view) for view in results.plan.explained]
    views = [View.read(each) for each in folders if not read_json(each / ABOUT).get("reason")]
    return [_part(view, results.prepared(view.dataset)) for view in views if view.networks]


def _part(view: View, data: Prepared) -> ViewPart:
    return ViewPart(
        dataset=view.dataset,
        architecture=view.architecture,
        about=f"One run each of {', '.join(each.name for each in view.networks if each.trained)}: "
        f"{view.task}, augmentation {view.augmentation}, seed {view.seed}.",
        absent=view.absent,
        filters_title=_change_of_filters(view),
        filters=list(_filters(view)),
        maps=list(_maps(view, data)),
        activation=_activation(view, data) if view.layer else None,
        layer=view.layer or "",
        embedding=_embedding(view, data),
    )


def _trained(view: View) -> list[tuple[int, ExplainedNetwork]]:
    return [(place, each) for place, each in enumerate(view.networks) if each.trained]


def _label(each: ExplainedNetwork) -> str:
    return each.name if each.trained else f"{each.name}, before training"


def _change_of_filters(view: View) -> str:
    changes = [
        f"{each.name} {each.filters_moved:.1%}"
        for _, each in _trained(view)
        if each.filters_moved is not None
    ]
    return f"First filters; change by training: {', '.join(changes)} of their length"


def _filters(view: View) -> Iterator[Strip]:
    for place, each in enumerate(view.networks):
        if each.same_backbone or f"filters/{place}" not in view.pictures:
            continue
        found = view.pictures[f"filters/{place}"]
        drawn = kernels(found[:_FILTERS])
        of = f"{len(drawn)} of {len(found)}" if len(found) > len(drawn) else str(len(found))
        size = "x".join(map(str, found.shape[2:]))
        frozen = _with_same_backbone(view, place)
        also = f" (and {frozen}, with the same frozen backbone)" if frozen else ""
        yield Strip(
            f"{_label(each)}{also}: {of} filters of {size}",
            sheet(drawn, min(_COLUMNS, len(drawn)), _KERNEL),
            f"First filters of {_label(each)}",
        )


def _with_same_backbone(view: View, start: int) -> str:
    """Name the trained networks that still have the backbone of the one at ``start``."""
    return ", ".join(each.name for each in view.networks if each.same_backbone and each.start == start)


def _maps(view: View, data: Prepared) -> Iterator[PictureGrid]:
    trained = _trained(view)
    every = max(1, (len(view.cases) + 1) // _WITH_MAPS)
    for number in range(0, len(view.cases), every):
        case = view.cases[number]
        yield PictureGrid(
            f"Feature maps of an image of {case.true}, layer by layer",
            _image_of(data, case),
            [each.name for _, each in trained],
            [_maps_of(view, number, depth, layer) for depth, layer in enumerate(trained[0][1].layers)],
        )


def _maps_of(view: View, number: int, depth: int, layer: str) -> tuple[str, list[Strip]]:
    """Show the maps of one layer, of each trained network."""
    trained = _trained(view)
    found = [view.pictures[f"maps/{place}/{layer}"][number] for place, _ in trained]
    side = "x".join(map(str, found[0].shape[1:]))
    pictures = [
        Strip("", sheet(heat(maps), _MAPS_IN_A_ROW, _MAP), f"Maps of {layer} in {each.name}")
        for maps, (_, each) in zip(found, trained, strict=True)
    ]
    return f"{layer}: {side} positions, {trained[0][1].channels[depth]} channels", pictures


def _activation(view: View, data: Prepared) -> PictureGrid:
    trained = _trained(view)
    rows = []
    for number, case in enumerate(view.cases):
        pictures = []
        for (place, each), prediction in zip(trained, case.predictions, strict=True):
            lit = overlaid(data.pixels[case.row], view.pictures[f"activation/{place}"][number])
            mark = "correct" if prediction.correct else "wrong"
            caption = f"{prediction.predicted}, {prediction.probability:.0%}: {mark}"
            alt = f"Class activation of {each.name} for {prediction.predicted}"
            pictures.append(Strip(caption, sheet(lit[None], 1, _CASE), alt))
        rows.append((_image_of(data, case), pictures))
    return PictureGrid(_agreement(view), None, [each.name for _, each in trained], rows)


def _image_of(data: Prepared, case: Case) -> Strip:
    return Strip(case.true, sheet(data.pixels[[case.row]], 1, _CASE), f"A test image of {case.true}")


def _agreement(view: View) -> str:
    if len(_trained(view)) == 1:
        return "Class activation maps"
    return (
        f"Class activation maps; the networks predict the same class for {view.agree:.0%} of "
        f"{view.tests:,} test images"
    )


def _embedding(view: View, data: Prepared) -> Figure | None:
    shown = [(place, each) for place, each in enumerate(view.networks) if not each.same_backbone]
    if not shown:
        return None
    labels = view.pictures["labels"]
    names = np.array(data.card.classes)
    tables = []
    for place, each in shown:
        frozen = _with_same_backbone(view, place)
        panel = f"{_label(each)}{f' = {frozen}' if frozen else ''}\n{each.beside_own:.0%} of its class"
        x, y = view.pictures[f"places/{place}"].T
        tables.append(
            pd.DataFrame(
                {
                    NETWORK: panel.replace(", before", ",\nbefore"),
                    CLASS: names[labels],
                    BESIDE: view.pictures[f"beside/{place}"],
                    X: x,
                    Y: y,
                }
            )
        )
    return embedding(view.dataset, pd.concat(tables, ignore_index=True), _neighbours(view))


def _neighbours(view: View) -> str:
    """Name the share of images whose nearest neighbour is of their class, before and after training."""
    shares = [
        f"{_label(each)} {each.beside_own:.0%}" for each in view.networks if not each.same_backbone
    ]
    return (
        f"{view.dataset}, {view.architecture}: test images whose nearest neighbour has the same class: "
        f"{', '.join(shares)}"
    )
