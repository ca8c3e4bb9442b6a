"""Caltech-101: 8,677 photographs of about 300x200 in 101 classes; the background class is left out.

*Learning Generative Visual Models from Few Training Examples* (Fei-Fei et al., 2004; CC BY 4.0). There
is no official split: 30 training images a class is the custom, and the mean of the classes' accuracies
is the number, since classes have from 31 to 800 images. The validation images (5 a class where there are
enough) are taken from the others, and the rest, all of it, is for the test.
"""

import tempfile
from functools import partial
from pathlib import Path

from convbench.config.changes import CHANGES
from convbench.data.base import Dataset, Listing, Sample, Splitting
from convbench.data.download.archives import unpack
from convbench.data.download.published import unpacked
from convbench.data.download.remote import Remote, download
from convbench.data.prepare.images import open_image
from convbench.errors import UserError

_IMAGES = Remote(
    "101_ObjectCategories.tar.gz",
    "md5:b224c7392d521a49829488ab0f1120d9",
    (
        "http://www.vision.caltech.edu/Image_Datasets/Caltech101/101_ObjectCategories.tar.gz",
        "https://s3.amazonaws.com/fast-ai-imageclas/caltech_101.tgz",
    ),
)
_WHOLE = Remote(
    "caltech-101.zip",
    "sha256:331234750fc7f77520e50d9565e8b6907b03565e30320da1401130db08c61f91",
    (
        "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",
        "https://data.caltech.edu/api/records/mzrjq-6wc02/files/caltech-101.zip/content",
    ),
)
_BACKGROUND = "BACKGROUND_Google"


def _fetch(folder: Path) -> None:
    """Take the images' archive where it is to be had, else out of the record that holds it today.

    That record is one zip with a digest of its own, which stands for the archive in it.
    """
    try:
        download(_IMAGES, folder)
    except UserError as error:
        print(f"{error}\ntrying the record that holds it", flush=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
            download(_WHOLE, Path(scratch))
            unpack(Path(scratch) / _WHOLE.name, Path(scratch))
            (Path(scratch) / "caltech-101" / _IMAGES.name).replace(folder / _IMAGES.name)


def _read(raw: Path, scratch: Path) -> Listing:
    """List the classes in alphabetical order."""
    root = unpacked(raw, scratch, "101_ObjectCategories") / "101_ObjectCategories"
    classes = sorted(path.name for path in root.iterdir() if path.is_dir() and path.name != _BACKGROUND)
    if len(classes) != 101:
        raise UserError(
            f"{raw}: 101 classes were expected in 101_ObjectCategories, found {len(classes)}"
        )
    samples = [
        Sample(f"{name}/{path.name}", label, None, partial(open_image, path))
        for label, name in enumerate(classes)
        for path in sorted((root / name).glob("*.jpg"))
    ]
    return Listing(tuple(classes), samples)


CALTECH101 = Dataset(
    fetch=_fetch,
    read=_read,
    train_images=30 * 101,
    score="balanced_accuracy",
    splitting=Splitting(train=30),
    keeps=frozenset(CHANGES),
    modality="photograph",
)
