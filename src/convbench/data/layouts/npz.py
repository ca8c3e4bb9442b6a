"""One ``.npz`` file with arrays, as MedMNIST lays them out.

``{train,val,test}_{images,labels}``: images ``[N, H, W]`` in grey or ``[N, H, W, 3]`` in colour, labels
``[N, 1]``, or ``[N, L]`` of 0 and 1 where several apply.
"""

import zipfile
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from convbench.data.base import SPLITS, Listing, Sample, Split
from convbench.errors import UserError


def read_npz(path: Path, classes: tuple[str, ...] | None) -> Listing:
    """List a file laid out as MedMNIST's; without ``classes``, they are called by their numbers.

    Raises ``UserError`` where an array is missing, or images and labels do not fit.
    """
    samples: list[Sample] = []
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = [split for split in SPLITS if f"{split}_images" in arrays]
            present = [split for split in held if len(arrays[f"{split}_labels"])]
            parts = [(split, arrays[f"{split}_images"], arrays[f"{split}_labels"]) for split in present]
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise UserError(f"{path} is not laid out as MedMNIST's files: {error}") from error
    if "train" not in present:
        raise UserError(f"{path} holds no 'train_images'; it is not laid out as MedMNIST's files")
    highest = max(int(labels.max()) for _, _, labels in parts)
    width = parts[0][2].reshape(len(parts[0][2]), -1).shape[1]
    names = classes or tuple(str(number) for number in range(width if width > 1 else highest + 1))
    for split, images, labels in parts:
        samples += _samples(path, split, images, labels.reshape(len(labels), -1).astype(np.int64), names)
    return Listing(names, samples)


def _samples(
    path: Path, split: Split, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> list[Sample]:
    fits = images.ndim in (3, 4) and len(images) == len(labels) and images.dtype == np.uint8
    several = labels.shape[1] > 1
    if not fits or labels.min() < 0 or labels.max() >= (2 if several else len(names)):
        raise UserError(
            f"{path}: {split}_images {images.dtype}{list(images.shape)} and {split}_labels "
            f"{list(labels.shape)} up to {labels.max()} do not fit {len(names)} classes"
        )
    return [
        Sample(
            f"{split}_images[{row}]",
            tuple(np.flatnonzero(label).tolist()) if several else int(label[0]),
            split,
            partial(Image.fromarray, image),
        )
        for row, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
