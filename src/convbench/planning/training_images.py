"""How many training images a dataset has, before it is prepared: the defaults depend on it, roughly."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from convbench.config.datasets import DatasetSettings
from convbench.data.base import Dataset, Listing, Split
from convbench.data.own import open_listing
from convbench.data.prepare.splits import divide, thin
from convbench.errors import UserError
from convbench.files import read_json
from convbench.planning.datasets import dataset_of, settings_json, settings_of
from convbench.results.folders import MARKERS

Counts = Sequence[tuple[Split | None, int, int]]
"""Split (``None``: to be made), class number, number of images; multi-label ones count as class 0."""


class NotFetchedError(UserError):
    """The number of a dataset's training images is not known before it is fetched."""

    def __init__(self, name: str, settings: DatasetSettings) -> None:
        self.name, self.settings = name, settings
        super().__init__(
            f"tasks: {name!r}: the defaults of epochs and batch_size depend on the number of training "
            f"images, which is known when {name} was fetched: 'convbench check CONFIG' fetches it. Or "
            f"give both: '{name}: {{epochs: 20, batch_size: 32}}'"
        )


def training_images(name: str, datasets: Mapping[str, DatasetSettings]) -> int:
    """Return the number of a dataset's training images; near-duplicates may move a few.

    The catalogue knows it, or the listing of a user's own files: of a folder or a table as it is, of an
    archive as it was fetched. Raises ``UserError`` where an archive was not fetched yet.
    """
    settings = settings_of(name, datasets)
    dataset = dataset_of(name, settings)
    if (known := _known(dataset)) is not None:
        return known
    counts = _fetched(name, settings) or _lying_open(name, settings)
    if counts is None:
        raise NotFetchedError(name, settings)
    return _in_training(counts, dataset)


def _known(dataset: Dataset) -> int | None:
    """Return the number that a definition alone says; ``None``: the files say it."""
    per_class = dataset.splitting.train
    if dataset.train_images is None and dataset.classes and per_class:
        return per_class * len(dataset.classes)
    return dataset.train_images


def notes_of(name: str, settings: DatasetSettings, raw: Path, scratch: Path) -> Mapping[str, object]:
    """Return what ``fetch`` notes of the files of a dataset in ``raw``; nothing where all is known."""
    dataset = dataset_of(name, settings)
    if _known(dataset) is not None:
        return {}
    counts = counts_of(dataset.read(raw, scratch))
    return {"settings": settings_json(name, {name: settings}), "images": counts}


def counts_of(listing: Listing) -> Counts:
    """Count the images of a listing by split and class."""
    found = Counter(
        (sample.split, sample.label if isinstance(sample.label, int) else 0)
        for sample in listing.samples
    )
    return [(split, label, number) for (split, label), number in found.items()]


def _fetched(name: str, settings: DatasetSettings) -> Counts | None:
    """Return the counts that ``fetch`` noted, if it was for these settings."""
    marker = MARKERS / f"{name}.json"
    noted = read_json(marker) if marker.exists() else {}
    same = noted.get("settings") == settings_json(name, {name: settings})
    return noted.get("images") if same else None


def _lying_open(name: str, settings: DatasetSettings) -> Counts | None:
    listing = open_listing(name, settings)
    return None if listing is None else counts_of(listing)


def _in_training(counts: Counts, dataset: Dataset) -> int:
    """Divide as many images of each class as will be divided later, and count those for training."""
    labels = np.repeat([label for _, label, _ in counts], [number for *_, number in counts])
    official = [each for each, _, number in counts for _ in range(number)]
    classes = [str(label) for label in range(int(labels.max()) + 1)]
    kept = thin(labels, classes, official, dataset.splitting)
    splits = [official[row] for row in kept]
    return divide(labels[kept], classes, np.arange(len(kept)), splits, dataset.splitting).count("train")
