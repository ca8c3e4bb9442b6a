"""Tiny faithful replicas of every dataset's files: the published layouts and formats, made-up images."""

import csv
import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from convbench.data.medmnist import MEDMNIST
from convbench.data.planet_amazon import CLASSES as TAGS
from convbench.data.plant_village import CLASSES as PLANTS

RNG = np.random.default_rng(0)


def picture(width: int = 24, height: int = 20, grey: bool = False) -> Image.Image:
    """Draw an image like no other: a few smooth random patches."""
    rough = RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    image = Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)
    return image.convert("L") if grey else image


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def tar(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([list(header), *rows])
    return file.getvalue().encode()


def cifar10(folder: Path) -> list[Path]:
    """Six pickles, as Python 2 wrote them: dictionaries of bytes, rows of 3,072 values."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    files = {}
    for name in names:
        rows = [np.asarray(picture(32, 32)).transpose(2, 0, 1).ravel() for _ in range(20)]
        batch = {
            b"batch_label": name.encode(),
            b"labels": [row % 10 for row in range(20)],
            b"data": np.stack(rows),
            b"filenames": [b"x.png"] * 20,
        }
        files[f"cifar-10-batches-py/{name}"] = pickle.dumps(batch, protocol=2)
    return [tar(folder / "cifar-10-python.tar.gz", files)]


def caltech101(folder: Path) -> list[Path]:
    files = {"101_ObjectCategories/BACKGROUND_Google/image_0001.jpg": encoded(picture())}
    for label in range(101):
        for number in range(1, 7):
            name = f"101_ObjectCategories/thing_{label:03d}/image_{number:04d}.jpg"
            files[name] = encoded(picture(30, 20))
    return [tar(folder / "101_ObjectCategories.tar.gz", files)]


def stanford_dogs(folder: Path) -> list[Path]:
    """``images.tar``, and ``lists.tar`` with MATLAB's cells of strings."""
    breeds = [f"n02{number:06d}-Breed_{number}" for number in range(120)]
    images = [f"{breed}/{breed.partition('-')[0]}_{n}.jpg" for breed in breeds for n in range(4)]
    lists = {}
    for name, chosen in (("train_list", [0, 1, 2]), ("test_list", [3])):
        rows = [row for row in range(len(images)) if row % 4 in chosen]
        cells = np.empty((len(rows), 1), dtype=object)
        cells[:, 0] = [images[row] for row in rows]
        labels = np.array([[row // 4 + 1] for row in rows], dtype=np.uint8)
        file = io.BytesIO()
        savemat(file, {"file_list": cells, "annotation_list": cells, "labels": labels})
        lists[f"{name}.mat"] = file.getvalue()
    files = {f"Images/{name}": encoded(picture()) for name in images}
    return [tar(folder / "images.tar", files, "w"), tar(folder / "lists.tar", lists, "w")]


def planet_amazon(folder: Path) -> list[Path]:
    """Kaggle's zip of a zip: the images packed once more, beside the table."""
    rows = [
        (f"train_{n}", " ".join(RNG.choice(TAGS, RNG.integers(1, 4), replace=False))) for n in range(60)
    ]
    images = {f"train-jpg/{name}.jpg": encoded(picture(32, 32)) for name, _ in rows}
    inner = zipped(folder / "train-jpg.zip", images)
    files = {"train_v2.csv": table(("image_name", "tags"), rows), "train-jpg.zip": inner.read_bytes()}
    inner.unlink()
    return [zipped(folder / "planets-dataset.zip", files)]


def severstal_steel(folder: Path) -> list[Path]:
    names = [f"{number:09x}.jpg" for number in range(40)]
    rows = [(name, 1 + n % 4, "29102 12 29346 24") for n, name in enumerate(names) if n % 2]
    rows += [(names[1], 1, "7 3")]
    files = {f"train_images/{name}": encoded(picture(160, 26)) for name in names}
    files["train.csv"] = table(("ImageId", "ClassId", "EncodedPixels"), rows)
    return [zipped(folder / "severstal-steel-defect-detection.zip", files)]


def neu_steel(folder: Path) -> list[Path]:
    """The later release, a folder per class, and the first one's names, side by side."""
    full = ("crazing", "inclusion", "patches", "pitted_surface", "rolled-in_scale", "scratches")
    files = {
        f"NEU-DET/train/images/{name}/{name}_{n}.jpg": encoded(picture(20, 20, grey=True))
        for name in full
        for n in range(1, 4)
    }
    for code in ("Cr", "In", "Pa", "PS", "RS", "Sc"):
        for n in range(1, 3):
            files[f"NEU-CLS/{code}_{n}.bmp"] = encoded(picture(20, 20, grey=True), "BMP")
    return [zipped(folder / "neu-surface-defect-database.zip", files)]


def plant_village(folder: Path) -> list[Path]:
    files = {"plantvillage dataset/grayscale/Apple___healthy/x.JPG": encoded(picture())}
    for name in PLANTS:
        for n in range(5):
            files[f"plantvillage dataset/color/{name}/leaf {n}.JPG"] = encoded(picture(20, 20))
    return [zipped(folder / "plantvillage-dataset.zip", files)]


def medmnist(name: str) -> Callable[[Path], list[Path]]:
    """One ``.npz`` file with six arrays."""
    several, colour = (
        name == "chestmnist",
        name in ("pathmnist", "bloodmnist", "dermamnist", "retinamnist"),
    )
    classes = len(MEDMNIST[f"medmnist/{name}"].classes)

    def make(folder: Path) -> list[Path]:
        arrays = {}
        for split, count in (("train", 4 * classes), ("val", 2 * classes), ("test", 2 * classes)):
            pictures = [picture(28, 28, grey=not colour) for _ in range(count)]
            arrays[f"{split}_images"] = np.stack([np.asarray(each) for each in pictures])
            labels = np.arange(count, dtype=np.uint8)[:, None] % classes
            arrays[f"{split}_labels"] = (
                (RNG.random((count, classes)) < 0.2).astype(np.uint8)
                | np.eye(classes, dtype=np.uint8)[labels[:, 0]]
                if several
                else labels
            )
        np.savez_compressed(folder / f"{name}.npz", **arrays)
        return [folder / f"{name}.npz"]

    return make


REPLICAS: Mapping[str, Callable[[Path], list[Path]]] = {
    "cifar10": cifar10,
    "caltech101": caltech101,
    "stanford_dogs": stanford_dogs,
    "planet_amazon": planet_amazon,
    "severstal_steel": severstal_steel,
    "neu_steel": neu_steel,
    "plant_village": plant_village,
    **{name: medmnist(name.partition("/")[2]) for name in MEDMNIST},
}


def folders(*, splits: tuple[str, ...] = ("",), per_class: int = 12) -> dict[str, bytes]:
    """Three classes of one's own, in as many splits as are named."""
    return {
        "/".join(part for part in (split, label, f"{n}.png") if part): encoded(picture(), "PNG")
        for split in splits
        for label in ("ant", "bee", "cat")
        for n in range(per_class)
    }
