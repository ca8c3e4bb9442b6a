"""Handwritten digits: 1,797 real images of 8x8, shipped with scikit-learn.

The test set of *Optical Recognition of Handwritten Digits* (Alpaydin and Kaynak, 1998, UCI), 13
writers. Each pixel counts the black dots of a 4x4 block: 0 to 16. The UCI file names no writers, so
the splits are stratified by class alone, and a writer may be on both sides of one.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from convbench.data.base import Dataset, Listing, Sample, Split

_BRIGHTEST = 16
_CLASSES = tuple("0123456789")


def _fetch(folder: Path) -> None:
    """Write scikit-learn's copy as two arrays, the values as published."""
    from sklearn.datasets import load_digits  # here: every training would wait for it

    digits = load_digits()
    np.save(folder / "images.npy", digits.images.astype(np.uint8))
    np.save(folder / "labels.npy", digits.target.astype(np.uint8))


def _read(raw: Path, scratch: Path) -> Listing:
    """List the images in the published order, white on black."""
    images = np.load(raw / "images.npy")
    labels = np.load(raw / "labels.npy")
    splits = _splits(labels, val=197, test=600)
    samples = [
        Sample(f"images.npy[{row}]", int(label), split, partial(_to_grey, image))
        for row, (image, label, split) in enumerate(zip(images, labels, splits, strict=True))
    ]
    return Listing(_CLASSES, samples)


def _splits(labels: np.ndarray, *, val: int, test: int) -> Sequence[Split]:
    """Divide the images, keeping the classes' shares: round numbers in all, not in each class."""
    from sklearn.model_selection import train_test_split  # here: every training would wait for it

    rows = np.arange(len(labels))
    rest, test_rows = train_test_split(rows, test_size=test, stratify=labels, random_state=0)
    _, val_rows = train_test_split(rest, test_size=val, stratify=labels[rest], random_state=0)
    splits: list[Split] = ["train"] * len(labels)
    for row in val_rows:
        splits[row] = "val"
    for row in test_rows:
        splits[row] = "test"
    return splits


def _to_grey(counts: np.ndarray) -> Image.Image:
    return Image.fromarray((counts.astype(np.uint16) * 255 // _BRIGHTEST).astype(np.uint8))


DIGITS = Dataset(
    fetch=_fetch,
    read=_read,
    classes=_CLASSES,
    train_images=1000,
    keeps=frozenset({"shift_and_scale", "small_rotation", "colour"}),
    modality="drawing",
)
