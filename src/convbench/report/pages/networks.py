"""The page on the networks: their layers, their cost, and their receptive fields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from markupsafe import Markup

from convbench.models import architecture_of
from convbench.models.anatomy.layers import Anatomy, Layer, anatomy_of
from convbench.models.base import stem_note
from convbench.report.figures import networks as drawings
from convbench.report.figures.base import Figure, colours_of
from convbench.report.figures.networks import NetworkRow, ReceptiveFieldRow
from convbench.report.pages.html import fill
from convbench.report.pages.table import Shown, Table, link
from convbench.report.results import Results
from convbench.report.text.networks import coverage, field_in_words, row_of, short
from convbench.results.rows import table

_KNOWN = ("alexnet", "vgg16", "resnet18", "resnet50")
_KNOWN_SIZE, _KNOWN_CLASSES = 224, 1000


@dataclass(frozen=True)
class Network:
    """A network of the comparison."""

    name: str
    anatomy: Anatomy
    own: bool
    """Whether it is one of the grid's, which are shown layer by layer."""

    @property
    def convolutions(self) -> Sequence[Layer]:
        """Its convolutions."""
        return [layer for layer in self.anatomy.layers if layer.fully_connected]

    @property
    def parameters(self) -> int:
        """Parameters of its convolutions."""
        return sum(layer.parameters for layer in self.convolutions)

    @property
    def fully_connected(self) -> int:
        """Parameters of fully connected layers between the same feature maps."""
        return sum(layer.fully_connected or 0 for layer in self.convolutions)

    @property
    def note(self) -> str:
        """What is unusual about it at this image size; mostly nothing."""
        return stem_note(architecture_of(self.name), self.anatomy.image_size)

    @property
    def coverage(self) -> str:
        """Whether the last receptive field covers the image, in a sentence."""
        return coverage(self.anatomy)

    @property
    def layers(self) -> Table[Mapping[str, str]]:
        """One row per layer."""
        rows = [row_of(layer) for layer in self.anatomy.layers]
        columns: list[Shown[Mapping[str, str]]] = [
            Shown("Layer", value=itemgetter("name")),
            Shown("Kind", value=itemgetter("kind")),
            Shown("Kernel", value=itemgetter("kernel"), format="number", write=_kernel),
            *(_number(name, heading) for name, heading in _NUMBERS.items()),
        ]
        return Table(f"Layers of {self.name}", rows, columns)


_NUMBERS: Mapping[str, str] = {
    "stride": "Stride",
    "padding": "Padding",
    "output": "Output",
    "parameters": "Parameters",
    "macs": "Multiply-adds",
    "field": "Receptive field, px",
    "fully_connected": "If fully connected",
}
"""Values of a layer, as ``row_of`` writes them -> heading."""


def _number(name: str, heading: str) -> Shown[Mapping[str, str]]:
    value: Callable[[Mapping[str, str]], str] = itemgetter(name)
    return Shown(heading, value=value, format="number", write=value)


def _kernel(row: Mapping[str, str]) -> str:
    dilation = "" if row["dilation"] in ("", "1") else f", dilation {row['dilation']}"
    return f"{row['kernel']}{dilation}"


def render(results: Results) -> str:
    """Return the page as HTML."""
    networks, classes = compared(results), classes_of(results)
    own = [network for network in networks if network.own]
    return fill(
        "networks",
        results,
        image_size=results.plan.grid.image_size,
        classes=classes,
        compared=_sizes(networks),
        dense=_dense(networks),
        networks=own,
        figures=figures(networks),
    )


def classes_of(results: Results) -> int:
    """Return the number of classes of the first task that has data; ImageNet's where none has."""
    names = (task.dataset for task in results.plan.grid.task_list())
    cards = [results.cards[name] for name in names if name in results.cards]
    return len(cards[0].classes) if cards else _KNOWN_CLASSES


def compared(results: Results) -> Sequence[Network]:
    """Return the well-known networks, then the grid's as they are for the first task that has data."""
    grid, classes = results.plan.grid, classes_of(results)
    return [
        *(
            Network(name, anatomy_of(architecture_of(name), _KNOWN_CLASSES, _KNOWN_SIZE), own=False)
            for name in _KNOWN
        ),
        *(
            Network(
                name,
                anatomy_of(architecture_of(name), classes, grid.image_size, grid.channels),
                own=True,
            )
            for name in grid.architectures
        ),
    ]


def _sizes(networks: Sequence[Network]) -> Table[Network]:
    return Table(
        "Networks side by side",
        networks,
        [
            Shown("Network", value=lambda row: row.name, write=_name),
            _image_size(),
            Shown("Parameters", value=lambda row: row.anatomy.parameters, format="count"),
            Shown("Multiply-adds per image", value=lambda row: row.anatomy.macs, format="count"),
            Shown("Depth, layers", value=lambda row: row.anatomy.depth, format="count"),
            Shown(
                "Last receptive field, px",
                value=lambda row: row.anatomy.last_field,
                format="number",
                write=lambda row: field_in_words(row.anatomy.last_field),
            ),
            Shown("Covers the image", value=lambda row: row.anatomy.covers, format="flag"),
        ],
    )


def _dense(networks: Sequence[Network]) -> Table[Network]:
    return Table(
        "Convolutions and fully connected layers",
        [network for network in networks if network.convolutions],
        [
            Shown("Network", value=lambda row: row.name),
            _image_size(),
            Shown("Convolutions", value=lambda row: len(row.convolutions), format="count"),
            Shown("Their parameters", value=lambda row: row.parameters, format="count"),
            Shown(
                "If fully connected",
                value=lambda row: row.fully_connected,
                format="count",
                write=lambda row: short(row.fully_connected),
            ),
            Shown(
                "Ratio",
                value=lambda row: round(row.fully_connected / row.parameters),
                format="count",
            ),
        ],
    )


def _image_size() -> Shown[Network]:
    return Shown("Image, px", value=lambda row: row.anatomy.image_size, format="count")


def _name(network: Network) -> str | Markup:
    return link(f"#{network.name}", network.name) if network.own else network.name


def figures(networks: Sequence[Network]) -> Sequence[Figure]:
    """Draw sizes and receptive fields."""
    drawn = _drawn(networks)
    colours = colours_of(drawn)
    sizes = [
        NetworkRow(network=label, parameters=found.parameters, macs=found.macs)
        for label, found in drawn.items()
    ]
    fields = [row for label, found in drawn.items() for row in _fields(label, found)]
    return [
        drawings.sizes(table(sizes, NetworkRow), colours),
        drawings.receptive_fields(table(fields, ReceptiveFieldRow), colours),
    ]


def _drawn(networks: Sequence[Network]) -> Mapping[str, Anatomy]:
    """Name networks as figures do; those that lie on each other, such as plain twins, as one.

    A well-known one that the grid has at the same image size comes once: its classifier alone differs.
    """
    alike: dict[tuple[object, ...], tuple[list[str], Anatomy]] = {}
    for each in networks:
        name, found = each.name, each.anatomy
        if any(name in names and found.image_size == kept.image_size for names, kept in alike.values()):
            continue
        growth = tuple((row.depth, row.field) for row in _fields("", found))
        place = (found.image_size, found.parameters, found.macs, growth)
        alike.setdefault(place, ([], found))[0].append(name)
    return {f"{' / '.join(names)}, {kept.image_size} px": kept for names, kept in alike.values()}


def _fields(label: str, found: Anatomy) -> Iterator[ReceptiveFieldRow]:
    """Yield depth and receptive field of the layers that see a part of the image."""
    for layer in found.layers:
        if layer.field and max(layer.field) < float("inf"):
            yield ReceptiveFieldRow(network=label, depth=layer.depth, field=int(max(layer.field)))
