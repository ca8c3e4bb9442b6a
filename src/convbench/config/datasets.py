"""Settings of a dataset in a config: where a user's own one is, and how any of them is read."""

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from convbench.config.changes import Change
from convbench.config.spec import Count, Frozen
from convbench.scores import SELECTING

Layout = Literal["folder", "table", "medmnist"]
Modality = Literal[
    "photograph",
    "drawing",
    "surface",
    "satellite",
    "microscopy",
    "x-ray",
    "ct",
    "oct",
    "ultrasound",
    "fundus",
    "dermatoscopy",
]
"""What kind of images a dataset holds."""
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".npz")


def _selecting(name: str) -> str:
    """Refuse what is no score, or one that cannot choose epochs."""
    if name not in SELECTING:
        renamed = " (now balanced_accuracy)" if name == "accuracy_per_class" else ""
        raise ValueError(f"no such score{renamed}; there are {', '.join(SELECTING)}")
    return name


ScoreName = Annotated[str, AfterValidator(_selecting)]
"""A score that can choose epochs: see ``convbench.scores``."""


def _listed(value: Any) -> Any:  # noqa: ANN401 (pydantic checks it next)
    return (value,) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DatasetSettings(Frozen):
    """One entry under ``datasets``: a user's own dataset, or changes to one of the catalogue."""

    layout: Layout | None = None
    """How a user's own files are laid out; a dataset of the catalogue has its own."""
    source: Texts | None = None
    """Where they are: a folder, a file, or addresses of one archive, tried in turn."""
    sha256: Sha256 | None = None
    """Of the archive's bytes."""
    table: Text | None = None
    """The CSV or Parquet file inside an archive."""
    image_column: Text | None = None
    label_columns: Texts | None = None
    """One column of labels, or several columns of 0 and 1: multi-label."""
    label_separator: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Between the labels of one image in one column: multi-label."""
    split_column: Text | None = None
    train_per_class: Count | None = None
    val_per_class: Count | None = None
    test_per_class: Count | None = None
    split_seed: Annotated[int, Field(ge=0, strict=True)] = 0
    """Of the splits that are made here: another one divides the same images otherwise."""
    keeps: tuple[Change, ...] | None = None
    """Changes of an image that keep its label; none given: nothing is known, nothing is refused."""
    modality: Modality | None = None
    """What kind of images it holds: the report's rules of thumb ask for it."""
    score: ScoreName | None = None
    """The number that chooses epochs and heads the report."""
    on_bad_image: Literal["refuse", "skip"] = "refuse"
    on_leak: Literal["badge", "refuse"] = "badge"
    """What a duplicate does that straddles splits which were not made here."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse an own dataset that lacks a part, and an archive whose bytes nobody could check."""
        if (self.layout is None) != (self.source is None):
            absent = "layout" if self.layout is None else "source"
            raise ValueError(f"'{absent}' is missing; a dataset of your own needs layout and source")
        if self.source is None and self.sha256 is not None:
            raise ValueError("'sha256' is the digest of a 'source', and there is none")
        if self.source is not None and self.sha256 is None and self.is_archive:
            raise ValueError(
                f"'sha256' is missing: the bytes of {self.source[0]} could not be checked; "
                f"'sha256sum {basename(self.source[0])}' prints it"
            )
        if self.layout != "table" and (given := [name for name in _OF_TABLES if getattr(self, name)]):
            raise ValueError(f"{', '.join(given)}: for 'layout: table' alone")
        return self

    @property
    def is_archive(self) -> bool:
        """Whether the source is one file with everything in it, to be checked by its digest."""
        assert self.source is not None
        return len(self.source) > 1 or is_address(self.source[0]) or is_archive(self.source[0])


_OF_TABLES = ("table", "image_column", "label_columns", "label_separator", "split_column")


def is_address(source: str) -> bool:
    """Tell ``https://...`` from a path."""
    return re.match(r"^https?://", source) is not None


def is_archive(source: str) -> bool:
    """Tell an archive's name, by its ending."""
    return basename(source).lower().endswith(ARCHIVES)


def basename(source: str) -> str:
    """Return the file name at the end of a path or an address."""
    path = urlsplit(source).path if is_address(source) else source
    return path.rstrip("/").rsplit("/", 1)[-1]
