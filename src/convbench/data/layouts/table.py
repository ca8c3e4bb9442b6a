"""A CSV or Parquet file that names the images and their labels, one per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convbench.config.datasets import DatasetSettings
from convbench.data.base import Listing, Sample, Split
from convbench.data.layouts.folder import SPLIT_NAMES
from convbench.data.prepare.images import SUFFIXES, open_image
from convbench.errors import UserError

if TYPE_CHECKING:  # a plan lists the images of no table, and does without
    import pandas as pd

TABLES = (".csv", ".tsv", ".parquet")
_IMAGE = (
    "image",
    "path",
    "image_path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "image_name",
    "image_id",
)
_LABEL = ("label", "labels", "class", "category", "target", "tags")
_SPLIT = ("split", "subset", "fold", "set")
_LISTS = (list, tuple, np.ndarray)
"""What a cell of a Parquet column of lists becomes."""


@dataclass(frozen=True)
class Columns:
    """The columns of a table and their meaning."""

    image: str
    labels: tuple[str, ...]
    split: str | None


def find_table(top: Path, settings: DatasetSettings, name: str) -> Path:
    """Return the table in a folder: the one that the settings name, or the only one."""
    if settings.table is not None:
        if not (top / settings.table).is_file():
            raise UserError(f"{name}: table: {settings.table!r} is not among the files")
        return top / settings.table
    found = [path for path in sorted(top.rglob("*")) if path.suffix.lower() in TABLES]
    if not found:
        raise UserError(
            f"{name}: there is no CSV, TSV or Parquet file among the files; images in a folder per "
            "class are 'layout: folder'"
        )
    if len(found) > 1:
        listed = ", ".join(path.relative_to(top).as_posix() for path in found[:5])
        raise UserError(f"{name}: say with 'table' which file it is; there are {listed}")
    return found[0]


def read_table(path: Path, settings: DatasetSettings, name: str) -> Listing:
    """List the images that the table at ``path`` names, relative to its folder.

    Raises ``UserError`` naming the column, row and value of what cannot be read.
    """
    table = _load(path, name)
    columns = columns_of(table, settings, name)
    sources = _images(path, table, columns, name)
    classes, labels = _labels(table, columns, settings, name)
    splits = _splits(table, columns, name)
    _refuse_unlearned(classes, labels, splits, name)
    samples = [
        Sample(source, label, split, partial(open_image, path.parent / source))
        for source, label, split in zip(sources, labels, splits, strict=True)
    ]
    return Listing(classes, samples)


def columns_of(table: pd.DataFrame, settings: DatasetSettings, name: str) -> Columns:
    """Return the columns that the settings name, or those whose names say what they hold."""
    chosen = [settings.image_column, *(settings.label_columns or ()), settings.split_column]
    if absent := [column for column in chosen if column and column not in table.columns]:
        raise UserError(
            f"{name}: no column {absent[0]!r}; there are {', '.join(map(str, table.columns))}"
        )
    image = settings.image_column or _named(table, _IMAGE)
    labels = settings.label_columns or ((guess,) if (guess := _named(table, _LABEL)) else ())
    split = settings.split_column or _named(table, _SPLIT)
    for key, found in (("image_column", image), ("label_columns", labels)):
        if not found:
            listed = ", ".join(map(str, table.columns))
            raise UserError(f"{name}: say with '{key}' which column it is; there are {listed}")
    assert image is not None
    return Columns(image, tuple(labels), split)


def images_of(path: Path, settings: DatasetSettings, name: str) -> list[str]:
    """Return the image paths that a table names, relative to its folder."""
    table = _load(path, name)
    return _images(path, table, columns_of(table, settings, name), name)


def _load(path: Path, name: str) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ",", dtype=str)
    except (ValueError, OSError) as error:
        raise UserError(f"{name}: {path} cannot be read as a table: {error}") from error
    if table.empty:
        raise UserError(f"{name}: {path.name} has no rows")
    return table


def _named(table: pd.DataFrame, names: Sequence[str]) -> str | None:
    found = {str(column).strip().lower(): str(column) for column in table.columns}
    return next((found[name] for name in names if name in found), None)


def _images(path: Path, table: pd.DataFrame, columns: Columns, name: str) -> list[str]:
    import pandas as pd

    values = table[columns.image]
    _refuse_empty(values, columns.image, name)
    sources = [str(value).strip() for value in values]
    if not any(Path(source).suffix.lower() in SUFFIXES for source in sources):
        sources = [_with_suffix(path.parent, source) for source in sources]
    outside = [source for source in sources if Path(source).is_absolute() or ".." in Path(source).parts]
    if outside:
        raise UserError(
            f"{name}: {columns.image}: {outside[0]!r} lies outside the folder of {path.name}; "
            "paths are relative to it"
        )
    twice = table[pd.Series(sources, index=table.index).duplicated(keep=False)]
    if len(twice):
        rows = ", ".join(str(row) for row in _rows(twice.index[:4]))
        first = sources[table.index.get_loc(twice.index[0])]
        raise UserError(
            f"{name}: {columns.image}: {first!r} is listed more than once (rows {rows}); "
            "list each image once, with all of its labels in one row"
        )
    return sources


def _with_suffix(folder: Path, source: str) -> str:
    """Add the ending that a table of bare names leaves out, as the file beside it has it."""
    return next((source + end for end in sorted(SUFFIXES) if (folder / (source + end)).exists()), source)


def _labels(
    table: pd.DataFrame, columns: Columns, settings: DatasetSettings, name: str
) -> tuple[tuple[str, ...], list[int | tuple[int, ...]]]:
    if len(columns.labels) > 1:
        return columns.labels, _from_columns(table, columns.labels, name)
    values = table[columns.labels[0]]
    lists = any(isinstance(value, _LISTS) for value in values)
    if settings.label_separator is None and not lists:
        _refuse_empty(values, columns.labels[0], name)
        texts = [str(value).strip() for value in values]
        classes = _ordered(set(texts))
        if len(classes) < 2:
            raise UserError(
                f"{name}: {columns.labels[0]} is {classes[0]!r} for every image; two classes are needed"
            )
        return classes, [classes.index(text) for text in texts]
    several = [_parts(value, settings.label_separator) for value in values]
    classes = _ordered({part for parts in several for part in parts})
    if not classes:
        raise UserError(f"{name}: {columns.labels[0]} gives no image a label")
    number = {each: place for place, each in enumerate(classes)}
    return classes, [tuple(sorted({number[part] for part in parts})) for parts in several]


def _parts(value: Any, separator: str | None) -> list[str]:  # noqa: ANN401 (a cell of a table)
    """Return the labels in a cell: a list, as Parquet has them, or text that is separated."""
    import pandas as pd

    if isinstance(value, _LISTS):
        parts = [str(part).strip() for part in value if part is not None]
    else:
        parts = [] if pd.isna(value) else [part.strip() for part in str(value).split(separator)]
    return [part for part in parts if part]


def _from_columns(table: pd.DataFrame, names: tuple[str, ...], name: str) -> list[int | tuple[int, ...]]:
    ones = {"1", "1.0", "true", "yes"}
    zeros = {"0", "0.0", "false", "no"}
    texts = table[list(names)].astype(str).apply(lambda column: column.str.strip().str.lower())
    wrong = ~texts.isin(ones | zeros)
    if wrong.to_numpy().any():
        row, column = next(zip(*wrong.to_numpy().nonzero(), strict=True))
        raise UserError(
            f"{name}: {names[column]}, row {_rows(table.index[[row]])[0]}: "
            f"{table[names[column]].iloc[row]!r}; a column of labels holds 0 and 1"
        )
    hits = texts.isin(ones).to_numpy()
    return [tuple(label for label, hit in enumerate(row) if hit) for row in hits]


def _splits(table: pd.DataFrame, columns: Columns, name: str) -> list[Split | None]:
    if columns.split is None:
        return [None] * len(table)
    values = table[columns.split]
    _refuse_empty(values, columns.split, name)
    texts = values.astype(str).str.strip().str.lower()
    if unknown := sorted(set(texts) - set(SPLIT_NAMES)):
        raise UserError(f"{name}: {columns.split}: {unknown[0]!r}; there are {', '.join(SPLIT_NAMES)}")
    return [SPLIT_NAMES[text] for text in texts]


def _refuse_unlearned(
    classes: Sequence[str],
    labels: Sequence[int | tuple[int, ...]],
    splits: Sequence[Split | None],
    name: str,
) -> None:
    """Refuse labels that no training image carries; that there are none at all, ``divide`` tells."""
    several = [label if isinstance(label, tuple) else (label,) for label in labels]
    learned = [own for own, split in zip(several, splits, strict=True) if split in (None, "train")]
    absent = sorted(set(chain(*several)) - set(chain(*learned)))
    if learned and absent:
        raise UserError(f"{name}: train has no images of {', '.join(classes[each] for each in absent)}")


def _refuse_empty(values: pd.Series, column: str, name: str) -> None:
    empty = values.index[values.isna() | (values.astype(str).str.strip() == "")]
    if len(empty):
        rows = ", ".join(str(row) for row in _rows(empty[:5]))
        raise UserError(f"{name}: {column} is empty in {len(empty)} rows (first ones: {rows})")


def _rows(index: pd.Index) -> list[int]:
    """Return row numbers as a spreadsheet shows them: from 1, the header being the first."""
    return [int(row) + 2 for row in index]


def _ordered(names: set[str]) -> tuple[str, ...]:
    """Sort labels, numbers by their value."""
    return tuple(
        sorted(names, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
    )
