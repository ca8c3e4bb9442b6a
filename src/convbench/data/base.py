"""What every dataset says of itself, and what its reader hands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from PIL import Image

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Sample:
    """One labelled image, not yet decoded."""

    source: str
    """Where the image is, below the dataset's folder: ``images.npy[17]``, ``cat/3.jpg``."""
    label: int
    split: Split
    load: Callable[[], Image.Image]


@dataclass(frozen=True)
class Dataset:
    """A named source of labelled images with fixed splits."""

    classes: tuple[str, ...]
    train_images: int
    fetch: Callable[[Path], None]
    """Fill an empty folder with the dataset's raw files."""
    read: Callable[[Path], Sequence[Sample]]
    """List what the folder holds, in a fixed order."""
