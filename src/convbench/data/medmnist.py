"""MedMNIST: twelve sets of medical images of 28x28, with official splits, in one ``.npz`` file each.

*MedMNIST v2* (Yang et al., 2023; CC BY 4.0, DermaMNIST CC BY-NC 4.0). Names, digests, labels and counts
are those of version 3.0.2 of its authors' package. The archive holds
``{train,val,test}_{images,labels}``: images ``[N, 28, 28]`` in grey or ``[N, 28, 28, 3]`` in colour,
labels ``[N, 1]``, or ``[N, L]`` of 0 and 1 where several apply.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from convbench.config.changes import CHANGES, Change
from convbench.data.base import SPLITS, Dataset, Listing, Sample, Split
from convbench.data.download import Remote
from convbench.data.published import fetch
from convbench.errors import UserError

_ADDRESS = "https://zenodo.org/records/10519652/files/{}?download=1"

_TISSUE = frozenset(CHANGES)  # microscopy has no up and no left
_SKIN = frozenset(CHANGES) - {"colour", "hide_part"}  # a lesion is told by both, colour and outline
_XRAY = frozenset[Change]({"shift_and_scale", "small_turn", "colour"})  # the heart is on one side
_SCAN = frozenset[Change]({"shift_and_scale", "small_turn", "flip_left_right", "colour"})
_ORGANS = frozenset[Change]({"shift_and_scale", "small_turn", "colour"})  # a left kidney is no right one


@dataclass(frozen=True)
class _Facts:
    """What is published of one set."""

    md5: str
    classes: tuple[str, ...]
    train_images: int
    keeps: frozenset[Change]


_SETS = {
    "pathmnist": _Facts(
        "a8b06965200029087d5bd730944a56c1",
        (
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        89_996,
        _TISSUE,
    ),
    "chestmnist": _Facts(
        "02c8a6516a18b556561a56cbdd36c4a8",
        (
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
        78_468,
        _XRAY,
    ),
    "dermamnist": _Facts(
        "0744692d530f8e62ec473284d019b0c7",
        (
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        7_007,
        _SKIN,
    ),
    "octmnist": _Facts(
        "c68d92d5b585d8d81f7112f81e2d0842",
        (
            "choroidal neovascularization",
            "diabetic macular edema",
            "drusen",
            "normal",
        ),
        97_477,
        _SCAN,
    ),
    "pneumoniamnist": _Facts(
        "28209eda62fecd6e6a2d98b1501bb15f",
        (
            "normal",
            "pneumonia",
        ),
        4_708,
        _XRAY,
    ),
    "retinamnist": _Facts(
        "bd4c0672f1bba3e3a89f0e4e876791e4",
        (
            "0",
            "1",
            "2",
            "3",
            "4",
        ),
        1_080,
        _SCAN,
    ),
    "breastmnist": _Facts(
        "750601b1f35ba3300ea97c75c52ff8f6",
        (
            "malignant",
            "normal, benign",
        ),
        546,
        _SCAN,
    ),
    "bloodmnist": _Facts(
        "7053d0359d879ad8a5505303e11de1dc",
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        11_959,
        _TISSUE,
    ),
    "tissuemnist": _Facts(
        "ebe78ee8b05294063de985d821c1c34b",
        (
            "Collecting Duct, Connecting Tubule",
            "Distal Convoluted Tubule",
            "Glomerular endothelial cells",
            "Interstitial endothelial cells",
            "Leukocytes",
            "Podocytes",
            "Proximal Tubule Segments",
            "Thick Ascending Limb",
        ),
        165_466,
        _TISSUE,
    ),
    "organamnist": _Facts(
        "68e3f8846a6bd62f0c9bf841c0d9eacc",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
        34_561,
        _ORGANS,
    ),
    "organcmnist": _Facts(
        "b9ceb9546e10131b32923c5bbeaea2b1",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
        12_975,
        _ORGANS,
    ),
    "organsmnist": _Facts(
        "9ab87b696fb54e2a387ebe992d6ed5f1",
        (
            "bladder",
            "femur-left",
            "femur-right",
            "heart",
            "kidney-left",
            "kidney-right",
            "liver",
            "lung-left",
            "lung-right",
            "pancreas",
            "spleen",
        ),
        13_932,
        _ORGANS,
    ),
}


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


def _dataset(name: str, facts: _Facts) -> Dataset:
    remote = Remote(f"{name}.npz", f"md5:{facts.md5}", (_ADDRESS.format(f"{name}.npz"),))

    def read(raw: Path, scratch: Path) -> Listing:
        return read_npz(raw / remote.name, facts.classes)

    return Dataset(
        fetch=fetch(remote),
        read=read,
        classes=facts.classes,
        train_images=facts.train_images,
        multi_label=name == "chestmnist",
        keeps=facts.keeps,
    )


MEDMNIST: Mapping[str, Dataset] = {
    f"medmnist/{name}": _dataset(name, facts) for name, facts in _SETS.items()
}
