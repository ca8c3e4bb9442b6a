"""What the report says of the networks: their layers, and the well-known ones beside them."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from convbench.data.prepared import open_prepared, why_absent
from convbench.models import architecture_of
from convbench.models.anatomy import Anatomy, anatomy_of
from convbench.models.base import stem_note
from convbench.report import anatomy_figures, figures
from convbench.report.anatomy_page import AnatomyPage, NetworkPart, Row
from convbench.stages.anatomy import coverage, field_in_words, row_of, short
from convbench.stages.folders import PREPARED
from convbench.stages.plan import Plan

_KNOWN = ("alexnet", "vgg16", "resnet18", "resnet50")
_KNOWN_SIZE, _KNOWN_CLASSES = 224, 1000


def anatomy_page(plan: Plan) -> AnatomyPage:
    """Put together the page on the grid's networks, as they are for the first task that has data."""
    names = (task.partition("@")[0] for task in plan.grid.tasks)
    there = [name for name in names if not why_absent(PREPARED / name)]
    classes = len(open_prepared(PREPARED / there[0]).card.classes) if there else _KNOWN_CLASSES
    size, channels = plan.grid.image_size, plan.grid.channels
    known = {name: anatomy_of(architecture_of(name), _KNOWN_CLASSES, _KNOWN_SIZE) for name in _KNOWN}
    own = {
        name: anatomy_of(architecture_of(name), classes, size, channels)
        for name in plan.grid.architectures
    }
    networks = _labelled([*known.items(), *own.items()])
    table = pd.DataFrame([_numbers(label, found) for label, found in networks.items()])
    growth = pd.DataFrame([row for label, found in networks.items() for row in _growth(label, found)])
    colours = figures.colours_of(table["network"])
    return AnatomyPage(
        name=plan.grid.name,
        image_size=size,
        classes=classes,
        compared=[
            *(_total(name, found) for name, found in known.items()),
            *({**_total(name, found), "here": "yes"} for name, found in own.items()),
        ],
        networks=[_part(name, found) for name, found in own.items()],
        figures=[
            anatomy_figures.sizes(table, colours),
            anatomy_figures.receptive_fields(growth, colours),
        ],
    )


def _part(name: str, found: Anatomy) -> NetworkPart:
    return NetworkPart(
        name=name,
        note=stem_note(architecture_of(name), found.image_size),
        coverage=coverage(found),
        total=_total(name, found),
        other_parameters=f"{found.other_parameters:,}",
        layers=[row_of(layer) for layer in found.layers],
    )


def _total(name: str, found: Anatomy) -> Row:
    """Write a network's row of the comparisons."""
    convolutions = [layer for layer in found.layers if layer.fully_connected]
    parameters = sum(layer.parameters for layer in convolutions)
    dense = sum(layer.fully_connected or 0 for layer in convolutions)
    return {
        "name": name,
        "here": "",
        "image_size": str(found.image_size),
        "parameters": f"{found.parameters:,}",
        "macs": f"{found.macs:,}",
        "depth": str(found.depth),
        "field": field_in_words(found.last_field),
        "covers": {True: "yes", False: "no", None: "-"}[found.covers],
        "convolutions": str(len(convolutions)),
        "convolution_parameters": f"{parameters:,}",
        "fully_connected": short(dense),
        "times": f"{dense / parameters:,.0f}" if parameters else "-",
    }


def _labelled(networks: Sequence[tuple[str, Anatomy]]) -> Mapping[str, Anatomy]:
    """Name networks as figures do; those that figures cannot tell apart, plain twins say, as one.

    A well-known one that the grid has at the same image size comes once: its classifier alone differs.
    """
    alike: dict[tuple[object, ...], tuple[list[str], Anatomy]] = {}
    for name, found in networks:
        if any(name in names and found.image_size == kept.image_size for names, kept in alike.values()):
            continue
        growth = tuple((row["depth"], row["field"]) for row in _growth("", found))
        seen = (found.image_size, found.parameters, found.macs, growth)
        alike.setdefault(seen, ([], found))[0].append(name)
    return {f"{' / '.join(names)}, {kept.image_size} px": kept for names, kept in alike.values()}


def _numbers(label: str, found: Anatomy) -> Mapping[str, object]:
    return {"network": label, "parameters": found.parameters, "macs": found.macs}


def _growth(label: str, found: Anatomy) -> Iterator[Mapping[str, object]]:
    """Yield depth and receptive field of the layers that see a part of the image."""
    for layer in found.layers:
        if layer.field and max(layer.field) < float("inf"):
            yield {"network": label, "depth": layer.depth, "field": max(layer.field)}
