"""Stanford Dogs: 20,580 photographs of 120 breeds, with an official split of 12,000 and 8,580.

*Novel Dataset for Fine-Grained Image Categorization* (Khosla et al., 2011). Its images were drawn from
ImageNet: weights that were trained there have seen them, the test images too.
"""

from functools import partial
from pathlib import Path

from convbench.config.changes import CHANGES
from convbench.data.base import Dataset, Listing, Sample, Split, Splitting
from convbench.data.download.published import fetch, gather, unpacked
from convbench.data.download.remote import Remote
from convbench.data.prepare.images import open_image
from convbench.errors import UserError

_ADDRESS = "http://vision.stanford.edu/aditya86/ImageNetDogs"
_IMAGES = Remote(
    "images.tar",
    "sha256:a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
    (f"{_ADDRESS}/images.tar",),
)
_LISTS = Remote(
    "lists.tar",
    "sha256:34b47cacd9a98b5d150e084f24d29391c084c55272295ec65c85651bc35f4d6c",
    (f"{_ADDRESS}/lists.tar",),
)
_SPLITS: dict[str, Split] = {"train_list.mat": "train", "test_list.mat": "test"}


def _read(raw: Path, scratch: Path) -> Listing:
    """List the images as the two lists do; validation is taken from the training images."""
    from scipy.io import loadmat  # here: every training would wait for it

    root = gather(unpacked(raw, scratch, "Images"), scratch, ("Images", *_SPLITS))
    listed: list[tuple[str, int, Split]] = []
    for name, split in _SPLITS.items():
        lists = loadmat(root / name)
        files = [str(entry[0][0]) for entry in lists["file_list"]]
        labels = lists["labels"].ravel().tolist()
        listed += [(file, int(label) - 1, split) for file, label in zip(files, labels, strict=True)]
    breeds = {label: file.partition("/")[0].partition("-")[2] for file, label, _ in listed}
    if sorted(breeds) != list(range(120)):
        raise UserError(f"{raw}: 120 breeds were expected in the lists, found {len(breeds)}")
    samples = [
        Sample(file, label, split, partial(open_image, root / "Images" / file))
        for file, label, split in listed
    ]
    return Listing(tuple(breeds[label] for label in sorted(breeds)), samples)


STANFORD_DOGS = Dataset(
    fetch=fetch(_IMAGES, _LISTS),
    read=_read,
    train_images=10_800,
    splitting=Splitting(val_share=0.1),
    keeps=frozenset(CHANGES),
    drawn_from=frozenset({"imagenet"}),
    modality="photograph",
)
