"""Base of table rows: column types and display formats; the tables are in schema/.

A row class is a frozen dataclass whose fields are columns. Its attributes are values on a row and names
on the class::

    rows = [RunRow(run_id="digits/simple_cnn/scratch/none/s0", ...)]
    runs = table(rows, RunRow)
    runs[RunRow.test_score].max()
    rows_of(runs, RunRow)[0].test_score

so that a misspelt column is an error of the type checker, and of Python.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    TypeVar,
    dataclass_transform,
    get_args,
    get_type_hints,
    overload,
)

from convbench.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
R = TypeVar("R")

Format = Literal["text", "percent", "points", "count", "number", "seconds", "ms", "p_value", "flag"]
"""How a value is written: ``percent`` of a fraction, ``points`` of a difference of two, ..."""


class Column(Generic[T]):
    """The type of a field of a row class: a ``T`` on a row, the column's name on the class."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> str: ...
        @overload
        def __get__(self, instance: object, owner: type) -> T: ...
        def __get__(self, instance: object | None, owner: type) -> str | T: ...
        def __set__(self, instance: object, value: T) -> None: ...


@dataclass(frozen=True)
class About:
    """The metadata of a column."""

    description: str
    heading: str
    """Over the column of a table of the report."""
    unit: str
    format: Format


_MISSING: Any = object()


def column(
    description: str,
    heading: str = "",
    *,
    unit: str = "",
    format: Format = "text",
    default: Any = _MISSING,  # noqa: ANN401 (of the column's type)
) -> Any:  # noqa: ANN401 (a dataclass field; the type is that of the column)
    """Describe a column; one with a ``default`` may be left out when a row is made."""
    about = {"about": About(description, heading, unit, format)}
    return field(metadata=about) if default is _MISSING else field(metadata=about, default=default)


@dataclass_transform(kw_only_default=True, field_specifiers=(column,))
def row(cls: type[R]) -> type[R]:
    """Make a row class of a class of columns."""
    made: Any = dataclass(frozen=True, kw_only=True)(cls)
    for each in fields(made):
        setattr(made, each.name, each.name)
    return cls


def columns_of(kind: type) -> Mapping[str, About]:
    """Return the metadata of each column of a row class, in the order of the table."""
    return {each.name: each.metadata["about"] for each in fields(kind)}


def dtypes_of(kind: type) -> Mapping[str, str]:
    """Return the pandas type of each column: nullable, as a value may be missing."""
    hints = get_type_hints(kind)
    return {each.name: _DTYPES[_plain(hints[each.name])] for each in fields(kind)}


_DTYPES: Mapping[Any, str] = {str: "string", int: "Int64", float: "Float64", bool: "boolean"}


def _plain(hint: Any) -> Any:  # noqa: ANN401 (a type, as Python spells it)
    """Return ``float`` of ``Column[float | None]``."""
    (held,) = get_args(hint)
    kinds = [kind for kind in (get_args(held) or (held,)) if kind is not NoneType]
    return str if get_args(kinds[0]) or kinds[0] not in _DTYPES else kinds[0]


def table(rows: Iterable[R], kind: type[R]) -> "pd.DataFrame":
    """Lay rows out as a table; a value that is ``None`` is missing, never zero."""
    import pandas as pd

    held = list(rows)
    data: dict[str, Any] = {
        name: pd.array([vars(each)[name] for each in held], dtype=dtype)  # type: ignore[call-overload]
        for name, dtype in dtypes_of(kind).items()
    }
    return pd.DataFrame(data)


def rows_of(data: "pd.DataFrame", kind: type[R]) -> list[R]:
    """Return the rows of a table with at least the columns of ``kind``; missing values are ``None``."""
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]  # ``row`` makes it a dataclass
    values = [_values(data[name]) for name in names]
    return [kind(**dict(zip(names, each, strict=True))) for each in zip(*values, strict=True)]


def _values(data: "pd.Series[Any]") -> list[Any]:
    return [
        None if missing else value for value, missing in zip(data.tolist(), data.isna(), strict=True)
    ]


def write_table(data: "pd.DataFrame", path: Path) -> None:
    """Write a table as Parquet to ``path`` and as CSV beside it."""
    write_whole(path, lambda draft: data.to_parquet(draft, index=False))
    write_whole(path.with_suffix(".csv"), lambda draft: data.to_csv(draft, index=False))


def read_table(path: Path, kind: type) -> "pd.DataFrame":
    """Read a table that ``write_table`` wrote, with the columns of ``kind``."""
    import pandas as pd

    return pd.read_parquet(path, columns=list(columns_of(kind)))


def checked(values: Mapping[str, Any], kind: type, where: str) -> dict[str, Any]:
    """Return ``values`` as the arguments of a row class.

    Raises ``KeyError`` for a name that is none of its columns: nothing is dropped in silence.
    """
    if unknown := sorted(set(values) - set(columns_of(kind))):
        raise KeyError(f"{where}: {unknown[0]!r} is no column of {kind.__name__}")
    return dict(values)
