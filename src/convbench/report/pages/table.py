"""Tables of typed rows: headings, alignment and number formats follow from the schema."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from markupsafe import Markup, escape

from convbench.data.audit.audit import Badge
from convbench.report.text.numbers import points
from convbench.results.rows import Format, columns_of

R = TypeVar("R")

MISSING = "–"
_TEXT = ("text", "flag")


def written(value: object, format: Format) -> str:
    """Write a value of a column as a reader sees it; ``None`` is a dash."""
    return MISSING if value is None else _WRITERS[format](value)


def _count(value: object) -> str:
    """Write a number of things; of a mean of such numbers, one decimal."""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


_WRITERS: Mapping[Format, Callable[..., str]] = {
    "text": str,
    "flag": lambda value: "yes" if value else "no",
    "percent": lambda value: f"{value:.1%}",
    "points": points,
    "count": _count,
    "number": lambda value: f"{value:.3g}",
    "seconds": lambda value: f"{value:,.2f}",
    "ms": lambda value: f"{value:.3g}",
    "p_value": _p_value,
}


@dataclass(frozen=True)
class Shown(Generic[R]):
    """A column of a page's table."""

    heading: str
    value: Callable[[R], object]
    """What rows are sorted by."""
    format: Format = "text"
    write: Callable[[R], str] | None = None
    """What is read, HTML as ``Markup``; ``None``: the value in its format."""
    strip: bool = False
    """Whether it holds drawings, by which nothing can be sorted."""

    @property
    def style(self) -> str:
        """The class of its cells: numbers are aligned to the right."""
        return "strip" if self.strip else "" if self.format in _TEXT else "n"

    def cell(self, row: R) -> str:
        """Write a row's value."""
        return written(self.value(row), self.format) if self.write is None else self.write(row)

    def key(self, row: R) -> object:
        """Return what the browser sorts a row by: a number where there is one, else nothing."""
        value = self.value(row)
        return "" if value is None else value


def shown(
    kind: type,
    name: str,
    *,
    of: Callable[[R], object] = lambda row: row,
    write: Callable[[R], str] | None = None,
    heading: str = "",
) -> Shown[R]:
    """Show a column of the row class ``kind`` as the schema describes it.

    ``of`` takes the row of that class from what the table has for a row.
    """
    about = columns_of(kind)[name]
    return Shown(
        heading=heading or about.heading,
        value=lambda row: getattr(of(row), name),
        format=about.format,
        write=write,
    )


def capitalized(text: str) -> str:
    """Begin a text with a capital letter and leave the others."""
    return text[:1].upper() + text[1:]


def columns(kind: type[R], *names: str) -> Sequence[Shown[R]]:
    """Show columns of a row class as the schema describes them."""
    return [shown(kind, name) for name in names]


@dataclass(frozen=True)
class Table(Generic[R]):
    """Rows and columns, to be written by the macro ``table``."""

    label: str
    """Its name, for readers who do not see it."""
    rows: Sequence[R]
    columns: Sequence[Shown[R]]
    sortable: bool = False
    style: str = ""
    """A class of the style sheet."""
    head: int = 0
    """The place of the column that names a row."""
    id: str = ""
    row_id: Callable[[R], str] = lambda row: ""


def link(target: str, text: str, title: str = "", style: str = "") -> Markup:
    """Return a link."""
    more = Markup(' title="{}"').format(title) if title else ""
    kind = Markup('class="{}" ').format(style) if style else ""
    return Markup('<a {}href="{}"{}>{}</a>').format(kind, target, more, text)


def interval(low: float | None, high: float | None, format: Format = "points") -> str:
    """Write an interval; a dash where there is none."""
    return MISSING if low is None else f"{written(low, format)} to {written(high, format)}"


def beside(*parts: str) -> Markup:
    """Join parts with spaces, those left out that are empty."""
    return Markup(" ").join(escape(part) for part in parts if part)


def marks(badges: Mapping[str, Sequence[Badge]], dataset: str, root: str = "") -> Markup:
    """Return the badges of a dataset, to stand after a number."""
    links = (
        link(f"{root}data.html#{dataset}", badge.name, badge.text, "badge")
        for badge in badges.get(dataset, ())
    )
    return Markup("").join(Markup(" ") + each for each in links)
