"""Severstal: Steel Defect Detection: 12,568 images of 1600x256, four kinds of defect.

The training set of the Kaggle competition of 2019. 5,902 images have no defect and are part of the set:
they carry no label. The masks are reduced to what they show: a kind of defect is there or it is not.
"""

from functools import partial
from pathlib import Path

from convbench.data.base import Dataset, Listing, Sample
from convbench.data.download.kaggle import fetch
from convbench.data.download.published import gather, unpacked
from convbench.data.prepare.images import open_image
from convbench.errors import UserError

CLASSES = ("defect_1", "defect_2", "defect_3", "defect_4")


def _read(raw: Path, scratch: Path) -> Listing:
    """List every image of ``train_images/``, with the defects that ``train.csv`` has masks of."""
    import pandas as pd  # here: a plan imports this file, and reads no table

    parts = ("train_images", "train.csv")
    root = gather(unpacked(raw, scratch, parts[1]), scratch, parts)
    table = pd.read_csv(root / parts[1], dtype=str, keep_default_na=False)
    if "ImageId_ClassId" in table:  # as the competition first handed it out: four rows an image
        table[["ImageId", "ClassId"]] = table["ImageId_ClassId"].str.rsplit("_", n=1, expand=True)
    defects: dict[str, set[int]] = {}
    for image, number, mask in zip(
        table["ImageId"], table["ClassId"], table["EncodedPixels"], strict=True
    ):
        if number not in ("1", "2", "3", "4") or len(mask.split()) % 2:
            raise UserError(
                f"{parts[1]}: {image} has ClassId {number!r} and a mask of {len(mask.split())} numbers; "
                "1 to 4 and pairs of start and length were expected"
            )
        if mask:
            defects.setdefault(image, set()).add(int(number) - 1)
    images = sorted((root / parts[0]).glob("*.jpg"))
    if absent := sorted(set(defects) - {path.name for path in images}):
        raise UserError(f"{parts[1]} names images that are not in {parts[0]}/: {', '.join(absent[:5])}")
    samples = [
        Sample(
            f"{parts[0]}/{path.name}",
            tuple(sorted(defects.get(path.name, ()))),
            None,
            partial(open_image, path),
        )
        for path in images
    ]
    return Listing(CLASSES, samples)


SEVERSTAL_STEEL = Dataset(
    fetch=fetch(
        "severstal_steel",
        "competitions",
        "severstal-steel-defect-detection",
        "train_images/ (or an archive with it) and train.csv",
    ),
    read=_read,
    classes=CLASSES,
    multi_label=True,
    keeps=frozenset({"horizontal_flip", "vertical_flip", "colour"}),
    modality="surface",
)
