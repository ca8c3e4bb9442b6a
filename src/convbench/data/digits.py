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

from convbench.data.base import Dataset, Sample
from convbench.data.splits import stratified_splits

_BRIGHTEST = 16


def _fetch(folder: Path) -> None:
    """Write scikit-learn's copy as two arrays, the values as published."""
    from sklearn.datasets import load_digits  # here: every training would wait for it

    digits = load_digits()
    np.save(folder / "images.npy", digits.images.astype(np.uint8))
    np.save(folder / "labels.npy", digits.target.astype(np.uint8))


def _read(folder: Path) -> Sequence[Sample]:
    """List the images in the published order, white on black."""
    images = np.load(folder / "images.npy")
    labels = np.load(folder / "labels.npy")
    splits = stratified_splits(labels, val=197, test=600, seed=0)
    return [
        Sample(f"images.npy[{row}]", int(label), split, partial(_to_grey, image))
        for row, (image, label, split) in enumerate(zip(images, labels, splits, strict=True))
    ]


def _to_grey(counts: np.ndarray) -> Image.Image:
    return Image.fromarray((counts.astype(np.uint16) * 255 // _BRIGHTEST).astype(np.uint8))


DIGITS = Dataset(
    classes=tuple("0123456789"),
    train_images=1000,
    fetch=_fetch,
    read=_read,
)
