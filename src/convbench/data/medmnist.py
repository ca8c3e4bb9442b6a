"""MedMNIST: twelve sets of medical images of 28x28, with official splits, in one ``.npz`` file each.

*MedMNIST v2* (Yang et al., 2023; CC BY 4.0, DermaMNIST CC BY-NC 4.0). Names, digests, labels and counts
are those of version 3.0.2 of its authors' package. The file is described in ``layouts.npz``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convbench.config.changes import CHANGES, Change
from convbench.config.datasets import Modality
from convbench.data.base import Dataset, Listing
from convbench.data.download.published import fetch
from convbench.data.download.remote import Remote
from convbench.data.layouts.npz import read_npz

_ADDRESS = "https://zenodo.org/records/10519652/files/{}?download=1"

_TISSUE = frozenset(CHANGES)  # microscopy has no up and no left
_SKIN = frozenset(CHANGES) - {"colour", "occlusion"}  # a lesion is recognised by colour and outline
_XRAY = frozenset[Change]({"shift_and_scale", "small_rotation", "colour"})  # the heart is on one side
_SCAN = frozenset[Change]({"shift_and_scale", "small_rotation", "horizontal_flip", "colour"})
_ORGANS = frozenset[Change]({"shift_and_scale", "small_rotation", "colour"})  # left is not right


@dataclass(frozen=True)
class _Facts:
    """What is published of one set."""

    md5: str
    classes: tuple[str, ...]
    train_images: int
    keeps: frozenset[Change]
    modality: Modality


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
        "microscopy",
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
        "x-ray",
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
        "dermatoscopy",
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
        "oct",
    ),
    "pneumoniamnist": _Facts(
        "28209eda62fecd6e6a2d98b1501bb15f",
        (
            "normal",
            "pneumonia",
        ),
        4_708,
        _XRAY,
        "x-ray",
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
        "fundus",
    ),
    "breastmnist": _Facts(
        "750601b1f35ba3300ea97c75c52ff8f6",
        (
            "malignant",
            "normal, benign",
        ),
        546,
        _SCAN,
        "ultrasound",
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
        "microscopy",
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
        "microscopy",
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
        "ct",
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
        "ct",
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
        "ct",
    ),
}


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
        modality=facts.modality,
    )


MEDMNIST: Mapping[str, Dataset] = {
    f"medmnist/{name}": _dataset(name, facts) for name, facts in _SETS.items()
}
