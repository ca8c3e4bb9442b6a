"""Decode and resize a dataset once."""

import shutil
import tempfile
from pathlib import Path

from convbench.config.datasets import DatasetSettings
from convbench.config.spec import Resize
from convbench.data.base import Dataset
from convbench.data.download import pins
from convbench.data.prepare.write import Settings
from convbench.data.prepare.write import prepare as write_prepared
from convbench.errors import UserError
from convbench.files import make_folder, read_json
from convbench.jobs.progress import print_prepared
from convbench.planning.datasets import dataset_of
from convbench.results.folders import DATA, MARKERS, PINS


def prepare(
    name: str, settings: DatasetSettings, image_size: int, resize: Resize, workers: int, out: Path
) -> None:
    """Convert ``data/<name>`` to the arrays and the index that training reads.

    Raises ``UserError`` where the raw files are absent, are not those that ``data.dvc`` pins, cannot be
    read, or are too few to be divided.
    """
    raw, marker = DATA / name, MARKERS / f"{name}.json"
    if marker.exists() and (reason := read_json(marker).get("reason")):
        raise UserError(reason)
    pin = pins.check(name, raw, PINS)
    dataset = dataset_of(name, settings)
    how = _settings(dataset, settings, image_size, resize, workers)
    for left in make_folder(out).glob(".unpacked.*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=out, prefix=".unpacked.") as scratch:
        listing = dataset.read(raw, Path(scratch))
        card = write_prepared(name, listing, dataset.multi_label, how, pin.md5, out)
    print_prepared(card)


def _settings(
    dataset: Dataset, settings: DatasetSettings, image_size: int, resize: Resize, workers: int
) -> Settings:
    return Settings(
        image_size=image_size,
        resize=resize,
        splitting=dataset.splitting,
        keeps=dataset.keeps,
        score=dataset.score,
        skip_bad=settings.on_bad_image == "skip",
        refuse_leaks=settings.on_leak == "refuse",
        workers=workers,
    )
