"""The datasets of a grid: the catalogue's, with a config's changes, and a user's own."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from convbench.config.datasets import DatasetSettings
from convbench.data import DATASETS
from convbench.data.base import Dataset
from convbench.data.own import own_dataset
from convbench.errors import UserError


def dataset_of(name: str, settings: DatasetSettings) -> Dataset:
    """Return the dataset that a grid calls ``name``.

    Raises ``UserError`` where it is neither in the catalogue nor described.
    """
    if settings.source is None and name not in DATASETS:
        raise UserError(f"no dataset {name!r}; there are {', '.join(DATASETS)}")
    dataset = DATASETS[name] if settings.source is None else own_dataset(name, settings)
    numbers = {
        split: number
        for split in ("train", "val", "test")
        if (number := getattr(settings, f"{split}_per_class")) is not None
    }
    return replace(
        dataset,
        splitting=replace(dataset.splitting, **numbers, seed=settings.split_seed),
        train_images=None if numbers else dataset.train_images,
        keeps=dataset.keeps if settings.keeps is None else frozenset(settings.keeps),
        modality=settings.modality or dataset.modality,
        score=settings.score or dataset.score,
    )


def settings_of(name: str, datasets: Mapping[str, DatasetSettings]) -> DatasetSettings:
    """Return a config's settings of a dataset; of most of the catalogue's, the defaults."""
    return datasets.get(name, DatasetSettings())


def settings_json(name: str, datasets: Mapping[str, DatasetSettings]) -> str:
    """Write the settings of a dataset as JSON without defaults: a new setting is not a change."""
    return settings_of(name, datasets).model_dump_json(exclude_defaults=True)


def reader_of(name: str, settings: DatasetSettings) -> Callable[..., object]:
    """Return the function that reads a dataset's files, whose source a prepared one depends on."""
    return dataset_of(name, settings).read
