"""Print the layers of a network."""

from collections.abc import Sequence

from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.models.anatomy.layers import Anatomy, Layer, anatomy_of
from convbench.models.base import stem_note
from convbench.models.sizes import too_small
from convbench.report.text.networks import coverage, row_of

_WIDTH = 100  # columns of a terminal
_LARGEST = 4096  # pixels
_LEGEND = """
s: stride, p: padding, d: dilation. MACs, M: millions of multiply-adds. Sees: receptive field in px.
As dense: parameters of a fully connected layer between the same maps (k, M, G, T: 10^3 ... 10^12).
"""


def show_anatomy(name: str, image_size: int, classes: int) -> None:
    """Print a network's layers, its totals, and whether it sees the whole image.

    Raises ``UserError`` where there is no such network, or it takes no such images.
    """
    if not 1 <= image_size <= _LARGEST:
        raise UserError(f"--input: {image_size}; an image has from 1 to {_LARGEST} pixels a side")
    if classes < 1:
        raise UserError(f"--classes: {classes}; there is at least one class")
    architecture = architecture_of(name)
    if reason := too_small(architecture, classes, image_size):
        raise UserError(f"{name} with --input {image_size}: {reason}")
    found = anatomy_of(architecture, classes, image_size)
    note = stem_note(architecture, image_size)
    title = f"{name} for images of {image_size} px and {classes:,} classes{f': {note}' if note else ''}"
    print("\n".join([title, "", *_table(found.layers), _LEGEND, *_totals(found), "", coverage(found)]))


def _totals(found: Anatomy) -> list[str]:
    rows = (
        ("parameters", found.parameters, f"{found.other_parameters:,} in no row: normalisation, tokens"),
        ("multiply-adds", found.macs, "of one image"),
        ("depth", found.depth, "layers with weights on the longest path"),
    )
    return [f"{name:<14} {value:>15,}   ({note})" for name, value, note in rows]


def _table(layers: Sequence[Layer]) -> list[str]:
    """Lay the layers out in lines of at most ``_WIDTH`` characters; long names lose their beginning."""
    header = ["Layer", "Kind", "Kernel", "Output", "Parameters", "MACs, M", "Sees", "As dense"]
    rows = [header, *(_cells(layer) for layer in layers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    widths[0] = min(widths[0], max(12, _WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1)))
    return [_line(row, widths) for row in [header, ["-" * width for width in widths], *rows[1:]]]


def _cells(layer: Layer) -> list[str]:
    row = row_of(layer)
    marks = (("s", row["stride"]), ("p", row["padding"]), ("d", row["dilation"]))
    usual = {"s": "1", "p": "0", "d": "1"}
    window = [
        row["kernel"],
        *(f"{mark}{value}" for mark, value in marks if value not in ("", usual[mark])),
    ]
    return [
        row["name"],
        row["kind"],
        " ".join(window).replace(" x ", "x"),
        row["output"].replace(" x ", "x"),
        row["parameters"],
        f"{layer.macs / 1e6:,.1f}" if layer.macs else "",
        row["field"].replace(" x ", "x"),
        row["fully_connected"],
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Put text to the left and numbers to the right."""
    first = cells[0] if len(cells[0]) <= widths[0] else f"...{cells[0][3 - widths[0] :]}"
    left = [text.ljust(width) for text, width in zip([first, *cells[1:3]], widths, strict=False)]
    right = [text.rjust(width) for text, width in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
