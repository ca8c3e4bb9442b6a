"""PlantVillage, the ``color/`` folder: 54,305 photographs of leaves of 256x256, 38 crops and diseases.

*Using Deep Learning for Image-Based Plant Disease Detection* (Mohanty et al., 2016). There is no
official split. The leaves were photographed disease by disease on a table: eight background pixels
alone give away the disease in 49.0% of the images, where the chance level is 2.6% (Noyan, 2022). The
audit measures it. Several images show one leaf from other sides: a split by image, as everybody makes
it, is an easy one.
"""

from functools import partial
from pathlib import Path

from convbench.config.changes import CHANGES
from convbench.data.base import Dataset, Listing, Sample
from convbench.data.download.kaggle import fetch
from convbench.data.download.published import unpacked
from convbench.data.prepare.images import SUFFIXES, open_image
from convbench.errors import UserError

_CROPS = {
    "Apple": "Apple_scab|Black_rot|Cedar_apple_rust|healthy",
    "Blueberry": "healthy",
    "Cherry_(including_sour)": "Powdery_mildew|healthy",
    "Corn_(maize)": "Cercospora_leaf_spot Gray_leaf_spot|Common_rust_|Northern_Leaf_Blight|healthy",
    "Grape": "Black_rot|Esca_(Black_Measles)|Leaf_blight_(Isariopsis_Leaf_Spot)|healthy",
    "Orange": "Haunglongbing_(Citrus_greening)",
    "Peach": "Bacterial_spot|healthy",
    "Pepper,_bell": "Bacterial_spot|healthy",
    "Potato": "Early_blight|Late_blight|healthy",
    "Raspberry": "healthy",
    "Soybean": "healthy",
    "Squash": "Powdery_mildew",
    "Strawberry": "Leaf_scorch|healthy",
    "Tomato": "Bacterial_spot|Early_blight|Late_blight|Leaf_Mold|Septoria_leaf_spot"
    "|Spider_mites Two-spotted_spider_mite|Target_Spot|Tomato_Yellow_Leaf_Curl_Virus"
    "|Tomato_mosaic_virus|healthy",
}
CLASSES = tuple(f"{crop}___{state}" for crop, states in _CROPS.items() for state in states.split("|"))


def _read(raw: Path, scratch: Path) -> Listing:
    """List the 38 folders of ``color/``."""
    root = unpacked(raw, scratch, "color") / "color"
    if absent := [name for name in CLASSES if not (root / name).is_dir()]:
        raise UserError(f"{root.name}/ lacks {len(absent)} of the 38 folders: {', '.join(absent[:3])}")
    samples = [
        Sample(f"color/{name}/{path.name}", label, None, partial(open_image, path))
        for label, name in enumerate(CLASSES)
        for path in sorted((root / name).iterdir())
        if path.suffix.lower() in SUFFIXES
    ]
    return Listing(CLASSES, samples)


PLANT_VILLAGE = Dataset(
    fetch=fetch(
        "plant_village",
        "datasets",
        "abdallahalidev/plantvillage-dataset",
        "its color/ folder, or an archive with it,",
    ),
    read=_read,
    classes=CLASSES,
    keeps=frozenset(CHANGES) - {"colour"},  # by which a disease is recognised
    modality="photograph",
)
