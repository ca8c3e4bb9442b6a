"""Decode and resize a dataset once."""

from pathlib import Path

from convbench.data import DATASETS, pins
from convbench.data.prepared import prepare as write_prepared
from convbench.stages.fetch import PINS
from convbench.stages.runs import DATA


def prepare(dataset: str, image_size: int, out: Path) -> None:
    """Turn ``data/<dataset>`` into the arrays and the index that training reads.

    Raises ``UserError`` where the raw files are no longer those that ``data.dvc`` pins.
    """
    raw = DATA / dataset
    pin = pins.check(raw, PINS)
    definition = DATASETS[dataset]
    samples = definition.read(raw)
    write_prepared(dataset, definition.classes, samples, image_size, pin.md5, out)
    print(f"{dataset}: {len(samples)} images of {len(definition.classes)} classes at {image_size} px")
