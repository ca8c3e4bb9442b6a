"""How the layers of a network are written, for the terminal and for the report."""

from collections.abc import Mapping
from math import isinf

from convbench.models.anatomy.layers import Anatomy, Layer, Size


def coverage(found: Anatomy) -> str:
    """Return a sentence on whether the last receptive field covers the image."""
    if found.last_field is None:
        return (
            "The receptive field of the last feature map is unknown: it cannot be computed through some "
            "of the operations before it."
        )
    if isinf(min(found.last_field)):
        return f"The last feature map sees the whole image: all of its {found.image_size} px a side."
    field = f"The last receptive field, {field_in_words(found.last_field)} px a side,"
    verdict = "covers" if found.covers else "does not cover"
    return f"{field} {verdict} the image of {found.image_size} px."


def row_of(layer: Layer) -> Mapping[str, str]:
    """Return a layer's values as tables show them."""
    window = layer.window
    return {
        "name": layer.name,
        "kind": layer.kind,
        "kernel": " x ".join(map(str, window.kernel)) if window else "",
        "stride": _side(window.stride) if window else "",
        "padding": _side(window.padding) if window else "",
        "dilation": _side(window.dilation) if window else "",
        "output": " x ".join(map(str, layer.output)),
        "parameters": f"{layer.parameters:,}" if layer.parameters else "",
        "macs": f"{layer.macs:,}" if layer.macs else "",
        "field": field_in_words(layer.field),
        "fully_connected": short(layer.fully_connected) if layer.fully_connected else "",
    }


def field_in_words(size: Size | None) -> str:
    """Return a receptive field as text: one side in pixels, both if they differ, ``all`` or ``-``."""
    if size is None:
        return "-"
    sides = ["all" if isinf(side) else f"{side:,.0f}" for side in size]
    return sides[0] if sides[0] == sides[1] else " x ".join(sides)


def short(count: float) -> str:
    """Return a large number in few digits: ``120.8 G``."""
    units = ["", " k", " M", " G", " T", " P"]
    while count >= 1000 and len(units) > 1:
        count /= 1000
        units.pop(0)
    return f"{count:,.1f}{units[0]}" if units[0] else f"{count:,.0f}"


def _side(pair: tuple[int, int]) -> str:
    """Return a value for rows and columns, once if both are equal."""
    return str(pair[0]) if pair[0] == pair[1] else " x ".join(map(str, pair))
