"""A dataset decoded and resized once: the only form that training sees.

``images.npy``     uint8 [N, side, side, 3], memory-mapped by its readers
``index.parquet``  one row an image: id (its row in images.npy), split, label, class, source, digest
``card.json``      what the dataset is: classes, counts, channel means, the digest of all the above
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from convbench.data.base import Sample, Split
from convbench.files import read_json, sha256, write_json, write_whole


@dataclass(frozen=True)
class Card:
    """A prepared dataset in a few lines."""

    dataset: str
    classes: list[str]
    image_size: int
    images: dict[Split, int]
    mean: list[float]
    """Of the training images' channels, in [0, 1]."""
    std: list[float]
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
    """Class numbers, int64 [N]."""
    splits: np.ndarray
    """``train``, ``val`` or ``test``, str [N]."""

    def rows(self, split: Split) -> np.ndarray:
        """Return the split's rows of ``pixels``, ascending."""
        return np.flatnonzero(self.splits == split)


def prepare(
    dataset: str,
    classes: Sequence[str],
    samples: Sequence[Sample],
    side: int,
    pin: str,
    folder: Path,
) -> None:
    """Decode ``samples``, stretch them to ``side`` pixels square, and write the three files.

    The card comes last, so its presence means that the dataset is whole.
    """
    write_whole(folder / "images.npy", lambda draft: _write_images(draft, samples, side))
    pixels = np.load(folder / "images.npy", mmap_mode="r")
    index = _index(classes, samples, pixels)
    write_whole(folder / "index.parquet", lambda draft: pq.write_table(index, draft))
    train = np.array([sample.split == "train" for sample in samples])
    mean, std = _channels(pixels[train])
    card = Card(
        dataset=dataset,
        classes=list(classes),
        image_size=side,
        images=dict(Counter(sample.split for sample in samples)),
        mean=mean,
        std=std,
        pin=pin,
        digest=_digest(folder / "images.npy", index),
    )
    write_json(folder / "card.json", asdict(card))


def open_prepared(folder: Path) -> Prepared:
    """Open what ``prepare`` wrote."""
    index = pq.ParquetFile(folder / "index.parquet").read(columns=["split", "label"])
    return Prepared(
        card=Card(**read_json(folder / "card.json")),
        pixels=np.load(folder / "images.npy", mmap_mode="r"),
        labels=index["label"].to_numpy(),
        splits=np.array(index["split"].to_pylist()),
    )


def _write_images(draft: Path, samples: Sequence[Sample], side: int) -> None:
    shape = (len(samples), side, side, 3)
    pixels = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape)
    for row, sample in enumerate(samples):
        image = sample.load().convert("RGB")
        pixels[row] = np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
    pixels.flush()


def _index(classes: Sequence[str], samples: Sequence[Sample], pixels: np.ndarray) -> pa.Table:
    columns: dict[str, Any] = {
        "id": np.arange(len(samples)),
        "split": [sample.split for sample in samples],
        "label": np.array([sample.label for sample in samples], dtype=np.int64),
        "class": [classes[sample.label] for sample in samples],
        "source": [sample.source for sample in samples],
        "digest": [hashlib.sha256(image.tobytes()).hexdigest() for image in pixels],
    }
    return pa.table(columns)


def _channels(pixels: np.ndarray) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation of each channel, in [0, 1], from exact integer sums."""
    counts = [np.bincount(pixels[..., channel].ravel(), minlength=256) for channel in range(3)]
    values = np.arange(256) / 255
    means = [float(np.average(values, weights=count)) for count in counts]
    variances = [
        float(np.average((values - mean) ** 2, weights=count))
        for mean, count in zip(means, counts, strict=True)
    ]
    return means, [max(variance, 1e-12) ** 0.5 for variance in variances]


def _digest(images: Path, index: pa.Table) -> str:
    rows = zip(index["split"].to_pylist(), index["label"].to_pylist(), strict=True)
    content = sha256(images) + "\n" + "\n".join(f"{split} {label}" for split, label in rows)
    return hashlib.sha256(content.encode()).hexdigest()
