"""Planet: Understanding the Amazon from Space: 40,479 satellite images of 256x256, 17 labels.

Multi-label. The training set of the Kaggle competition of 2017, whose own test labels were
never published: the splits are made here. The competition's number is F2, the mean over images.
"""

from functools import partial
from pathlib import Path

from convbench.data.base import Dataset, Listing, Sample
from convbench.data.download.kaggle import fetch
from convbench.data.download.published import gather, unpacked
from convbench.data.prepare.images import open_image
from convbench.errors import UserError

CLASSES = (
    "agriculture",
    "artisinal_mine",
    "bare_ground",
    "blooming",
    "blow_down",
    "clear",
    "cloudy",
    "conventional_mine",
    "cultivation",
    "habitation",
    "haze",
    "partly_cloudy",
    "primary",
    "road",
    "selective_logging",
    "slash_burn",
    "water",
)


_TABLES = ("train_v2.csv", "train_classes.csv")
"""The competition's own table, and what it is called in the copy that Kaggle still hands out."""


def _read(raw: Path, scratch: Path) -> Listing:
    """List the images as the table does."""
    import pandas as pd  # here: a plan imports this file, and reads no table

    root = unpacked(raw, scratch, "train_*.csv")
    name = next(name for name in _TABLES if (root / name).exists())
    parts = ("train-jpg", name)
    root = gather(root, scratch, parts)
    table = pd.read_csv(root / name, dtype=str, keep_default_na=False)
    samples: list[Sample] = []
    for image, tags in zip(table["image_name"], table["tags"], strict=True):
        if unknown := sorted(set(tags.split()) - set(CLASSES)):
            raise UserError(
                f"{parts[1]}: {image} has the tags {', '.join(unknown)}, which are not among the 17"
            )
        label = tuple(sorted(CLASSES.index(tag) for tag in tags.split()))
        path = root / parts[0] / f"{image}.jpg"
        samples.append(Sample(f"{parts[0]}/{image}.jpg", label, None, partial(open_image, path)))
    return Listing(CLASSES, samples)


PLANET_AMAZON = Dataset(
    fetch=fetch(
        "planet_amazon",
        "datasets",
        "nikitarom/planets-dataset",
        "train-jpg/ (or an archive with it) and train_v2.csv",
    ),
    read=_read,
    classes=CLASSES,
    multi_label=True,
    keeps=frozenset(
        {"shift_and_scale", "small_rotation", "any_rotation", "horizontal_flip", "vertical_flip"}
    ),
    modality="satellite",
)
