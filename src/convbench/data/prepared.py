"""A dataset decoded and resized once: the only form that training sees.

``images.npy``     uint8 [N, side, side, 3], memory-mapped by its readers
``index.parquet``  one row an image: id (its row in images.npy), split, label (of a multi-label dataset a
                   list of 0 and 1), class, source, digest, group, width, height, mode, note
``card.json``      what the dataset is: classes, counts, channel means, what was left out and why, the
                   digest of all the above
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from convbench.config.changes import Change
from convbench.config.spec import Resize
from convbench.data.base import Split
from convbench.errors import UserError
from convbench.files import make_folder, read_json, write_json, write_text

CARD = "card.json"


@dataclass(frozen=True)
class Card:
    """A prepared dataset in a few lines."""

    dataset: str
    classes: list[str]
    multi_label: bool
    score: str
    """The number that chooses epochs and heads the report."""
    image_size: int
    resize: Resize
    images: dict[Split, int]
    made_here: list[Split]
    """Splits that were drawn here; the others are official, or the user's."""
    mean: list[float]
    """Of the training images' channels, in [0, 1]."""
    std: list[float]
    keeps: list[Change] | None
    """Changes of an image that keep its label; ``None``: not known."""
    skipped: list[dict[str, str]]
    """Images that could not be read: source and reason."""
    unused: int
    """Images beyond the numbers that were asked for."""
    pin: str
    """Digest of the raw files that it was made from, as ``data.dvc`` has it."""
    digest: str
    """SHA-256 over images, labels and splits: what a run's numbers depend on."""


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset, opened."""

    card: Card
    pixels: np.ndarray
    labels: np.ndarray
    """Class numbers, int64 [N]; of a multi-label dataset, 0 and 1, uint8 [N, C]."""
    splits: np.ndarray
    """``train``, ``val`` or ``test``, str [N]."""

    def rows(self, split: Split) -> np.ndarray:
        """Return the split's rows of ``pixels``, ascending."""
        return np.flatnonzero(self.splits == split)


def write_absent(dataset: str, reason: str, folder: Path) -> None:
    """Write, in place of a dataset that could not be had or prepared, why there is none."""
    for name in ("images.npy", "index.parquet"):
        write_text(make_folder(folder) / name, "")
    write_json(folder / CARD, {"dataset": dataset, "reason": f"there is no dataset {dataset}: {reason}"})


def why_absent(folder: Path) -> str:
    """Return why there is no dataset in ``folder``; nothing where there is one."""
    return str(read_json(folder / CARD).get("reason", ""))


def open_prepared(folder: Path) -> Prepared:
    """Open what ``prepare`` wrote.

    Raises ``UserError`` with the reason where there is no such dataset.
    """
    if reason := why_absent(folder):
        raise UserError(reason)
    index = pq.ParquetFile(folder / "index.parquet").read(columns=["split", "label"])
    card = Card(**read_json(folder / CARD))
    column = index["label"].combine_chunks()
    labels = column.flatten().to_numpy().reshape(len(column), -1) if card.multi_label else None
    return Prepared(
        card=card,
        pixels=np.load(folder / "images.npy", mmap_mode="r"),
        labels=column.to_numpy() if labels is None else labels,
        splits=np.array(index["split"].to_pylist()),
    )
