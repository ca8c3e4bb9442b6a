"""The definition of a dataset, and the images that its reader returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from PIL import Image

from convbench.config.changes import Change
from convbench.config.datasets import Modality

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Sample:
    """One labelled image, not yet decoded."""

    source: str
    """Where the image is, below the dataset's folder: ``images.npy[17]``, ``cat/3.jpg``."""
    label: int | tuple[int, ...]
    """A class number; of a multi-label dataset, the numbers of all that apply, possibly none."""
    split: Split | None
    """``None`` where the dataset has no official split of this image: then one is made."""
    load: Callable[[], Image.Image]


@dataclass(frozen=True)
class Listing:
    """What a dataset's folder holds, in a fixed order."""

    classes: tuple[str, ...]
    samples: Sequence[Sample]


@dataclass(frozen=True)
class Splitting:
    """How images without an official split are divided.

    With ``train``, ``val`` or ``test``, that many images of each class; the rest, and without numbers
    all, goes by ``shares`` of validation and test, at least one image of each class to either.
    """

    train: int | None = None
    val: int | None = None
    test: int | None = None
    val_share: float = 0.15
    test_share: float = 0.15
    seed: int = 0
    """Another one divides the same images otherwise."""


@dataclass(frozen=True)
class Dataset:
    """A named source of labelled images with fixed splits."""

    fetch: Callable[[Path], None]
    """Fill an empty folder with the dataset's raw files."""
    read: Callable[[Path, Path], Listing]
    """``(raw, scratch)``: list what ``raw`` holds; archives may be unpacked into ``scratch``, empty."""
    classes: tuple[str, ...] | None = None
    """``None``: as the files say."""
    train_images: int | None = None
    """``None``: as many as the files and the splits come to."""
    multi_label: bool | None = False
    """``None``: as the files say."""
    score: str | None = None
    """The number that chooses epochs and heads the report; ``None``: by the kind of labels."""
    splitting: Splitting = Splitting()
    keeps: frozenset[Change] | None = None
    """Changes of an image that keep its label; ``None``: not known."""
    modality: Modality | None = None
    """What kind of images it holds; ``None``: not known."""
    drawn_from: frozenset[str] = frozenset()
    """Weights that were trained on a source which these images were drawn from."""
