"""CIFAR-10: 60,000 photographs of 32x32 in ten classes, 10,000 of them the official test split.

*Learning Multiple Layers of Features from Tiny Images* (Krizhevsky, 2009). About 3.3% of the test images
have a near-duplicate among the training images (Barz and Denzler, 2020).
"""

import io
import pickle
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convbench.config.changes import CHANGES
from convbench.data.base import Dataset, Listing, Sample, Split, Splitting
from convbench.data.download.published import fetch
from convbench.data.download.remote import Remote
from convbench.errors import UserError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_ARCHIVE = Remote(
    "cifar-10-python.tar.gz",
    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
)
_BATCHES: dict[str, Split] = {
    **{f"data_batch_{number}": "train" for number in range(1, 6)},
    "test_batch": "test",
}


def _read(raw: Path, scratch: Path) -> Listing:
    """List the batches in their published order; validation comes out of the training images."""
    samples: list[Sample] = []
    with tarfile.open(raw / _ARCHIVE.name) as archive:
        for name, split in _BATCHES.items():
            member = f"cifar-10-batches-py/{name}"
            try:
                content = archive.extractfile(member)
            except KeyError as error:
                raise UserError(f"{raw / _ARCHIVE.name} holds no {member}") from error
            assert content is not None
            samples += _samples(name, split, load_arrays(content.read()))
    return Listing(CLASSES, samples)


def _samples(name: str, split: Split, batch: dict[Any, Any]) -> list[Sample]:
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return [
        Sample(f"{name}[{row}]", int(label), split, partial(Image.fromarray, image))
        for row, (image, label) in enumerate(zip(images, batch[b"labels"], strict=True))
    ]


class _ArraysOnly(pickle.Unpickler):
    """Unpickles arrays and plain values: nothing else in a pickle may be called."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 (as the base class)
        allowed = {"_reconstruct": np.empty(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype}
        if module.startswith("numpy") and name in allowed:
            return allowed[name]
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise UserError(f"a pickle of CIFAR-10 wants {module}.{name}, which holds no images")


def load_arrays(content: bytes) -> dict[Any, Any]:
    """Unpickle a dictionary of arrays and plain values, as Python 2 wrote it."""
    values = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    assert isinstance(values, dict)
    return values


CIFAR10 = Dataset(
    fetch=fetch(_ARCHIVE),
    read=_read,
    classes=CLASSES,
    train_images=45_000,
    splitting=Splitting(val_share=0.1),
    keeps=frozenset(CHANGES),
    modality="photograph",
)
