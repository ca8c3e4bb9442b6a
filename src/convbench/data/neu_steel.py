"""NEU surface defects: 1,800 grey images of 200x200 of hot-rolled steel, 300 of each of six defects.

*A noise robust method based on completed local binary patterns for hot-rolled steel strip surface
defects* (Song and Yan, 2013). There is no official split.
"""

import re
from functools import partial
from pathlib import Path

from convbench.config.changes import CHANGES
from convbench.data.base import Dataset, Listing, Sample
from convbench.data.download.kaggle import fetch
from convbench.data.download.published import unpacked
from convbench.data.prepare.images import SUFFIXES, open_image
from convbench.errors import UserError

CLASSES = ("crazing", "inclusion", "patches", "pitted_surface", "rolled-in_scale", "scratches")
_CODES = dict(zip(("Cr", "In", "Pa", "PS", "RS", "Sc"), CLASSES, strict=True))
"""How the first release of the set names its files: ``Cr_1.bmp``."""


def _read(raw: Path, scratch: Path) -> Listing:
    """List the images, wherever they lie: a defect is named by the file, else by its folder."""
    root = unpacked(raw, scratch, "*_1.*")
    top = next(folder for folder in (raw, scratch) if root.is_relative_to(folder))
    samples: list[Sample] = []
    for path in sorted(path for path in top.rglob("*") if path.suffix.lower() in SUFFIXES):
        name = re.sub(r"_\d+$", "", path.stem)
        defect = next(
            (_CODES.get(each, each) for each in (name, path.parent.name) if _known(each)), None
        )
        if defect is None:
            raise UserError(
                f"{path.relative_to(top)} names none of the six defects: {', '.join(CLASSES)}; "
                f"or {', '.join(_CODES)}"
            )
        source = path.relative_to(top).as_posix() if top == raw else path.name
        samples.append(Sample(source, CLASSES.index(defect), None, partial(open_image, path)))
    return Listing(CLASSES, samples)


def _known(name: str) -> bool:
    return name in _CODES or name in CLASSES


NEU_STEEL = Dataset(
    fetch=fetch(
        "neu_steel",
        "datasets",
        "kaustubhdikshit/neu-surface-defect-database",
        "its images, or the archive with them,",
    ),
    read=_read,
    classes=CLASSES,
    train_images=1260,
    keeps=frozenset(CHANGES),
    modality="surface",
)
