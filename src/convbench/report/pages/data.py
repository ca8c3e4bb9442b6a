"""The page on the data: what each dataset is, what it looks like, and what its audit found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convbench.augment import augmentation_of
from convbench.config.changes import IN_WORDS
from convbench.config.grid import Grid
from convbench.data.prepared import Card, Prepared
from convbench.engine.batches import Images, batches
from convbench.planning.checks import broken_labels
from convbench.report.figures.pictures import Strip, strip
from convbench.report.pages.html import fill
from convbench.report.results import Results
from convbench.seeding import generator

_SPLITS = {"train": "training", "val": "validation", "test": "test"}
_CLASSES, _EXAMPLES = 12, 8


@dataclass(frozen=True)
class DatasetPart:
    """What is known of one dataset."""

    card: Card
    audit: Mapping[str, Any]
    """As JSON; see ``convbench.data.audit.audit.Audit``."""
    keeps: Sequence[str] | None
    """Changes that keep its labels, in words; ``None``: not known."""
    broken: Mapping[str, str]
    """Augmentation of the grid -> the change by which it may change labels."""
    samples: Sequence[Strip]
    augmented: Sequence[Strip]
    """Some training images, and the same after each augmentation; empty where there is none."""
    duplicates: Sequence[Strip]

    @property
    def images(self) -> int:
        """The number of images in all splits."""
        return sum(self.card.images.values())

    @property
    def largest(self) -> int:
        """Images of the largest class, where the axis of the class counts ends."""
        return max(sum(int(row[split]) for split in self.card.images) for row in self.audit["classes"])


def render(results: Results) -> str:
    """Return the page as HTML."""
    absent = {name: why for name in results.audits if (why := _why_absent(results, name))}
    parts = [dataset_part(results, name) for name in results.audits if name not in absent]
    return fill("data", results, datasets=parts, absent=absent, split_names=_SPLITS)


def _why_absent(results: Results, name: str) -> str:
    return results.absent(name) or str(results.audits[name].get("reason", ""))


def dataset_part(results: Results, name: str) -> DatasetPart:
    """Return what the page shows of a dataset."""
    grid, data, audit = results.plan.grid, results.prepared(name), results.audits[name]
    broken = {each: broken_labels(grid, name, each) for each in grid.augmentations}
    keeps = data.card.keeps
    return DatasetPart(
        card=data.card,
        audit=audit,
        keeps=None if keeps is None else [IN_WORDS[change] for change in keeps],
        broken={augmentation: change for augmentation, change in broken.items() if change},
        samples=_samples(data),
        augmented=_augmented(grid, name, data),
        duplicates=[_duplicates(data, group) for group in audit["groups"]],
    )


def _samples(data: Prepared) -> list[Strip]:
    """Show the first training images of some classes, evenly chosen."""
    rows = data.rows("train")
    count = len(data.card.classes)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _CLASSES)).astype(int))
    strips = []
    for label in chosen:
        labels = data.labels[rows]
        own = rows[labels[:, label] > 0 if data.card.multi_label else labels == label][:_EXAMPLES]
        if len(own):
            name = data.card.classes[label]
            strips.append(Strip(name, strip(data.pixels[own]), f"{len(own)} training images of {name}"))
    return strips


def _augmented(grid: Grid, name: str, data: Prepared) -> list[Strip]:
    """Show some training images, evenly chosen, before and after each augmentation of the grid."""
    names = _augmentations(grid, name)
    rows = data.rows("train")
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, _EXAMPLES).astype(int))]
    each_its_own = np.eye(len(rows), dtype=np.float32)  # so that a blend tells how much is left of each
    chosen = Images(data.pixels, rows, each_its_own, grid.channels)
    images, targets = next(batches(chosen, len(rows), torch.device("cpu")))
    before = Strip("before", _pixels(images), f"{len(rows)} training images without augmentation")
    return [before, *(_after(each, images, targets) for each in names)] if names else []


def _augmentations(grid: Grid, name: str) -> list[str]:
    """Return the augmentations of a dataset's training images, in its tasks and in pretraining."""
    tasks = {task.dataset for task in grid.task_list()}
    used = list(grid.augmentations) if name in tasks else []
    if name in grid.sources():
        used.append(grid.pretraining[name].augmentation)
    return [each for each in dict.fromkeys(used) if each != "none"]


def _after(name: str, images: Tensor, targets: Tensor) -> Strip:
    augmentation = augmentation_of(name)
    images, targets = augmentation.apply(images, targets, generator("figure", name))
    left = ", ".join(f"{weight:.0%}" for weight in targets.diagonal().tolist())
    weights = f". Weights of each image's own label here: {left}" if augmentation.mixes else ""
    caption = f"{name}: {augmentation.description}{weights}"
    return Strip(caption, _pixels(images), f"The same {len(images)} images after {name}")


def _pixels(images: Tensor) -> str:
    """Show images ``[n, C, S, S]`` in [0, 1]; of one channel, in grey."""
    pixels = (images.clamp(0, 1) * 255).round().byte().expand(-1, 3, -1, -1)
    return strip(pixels.permute(0, 2, 3, 1).numpy())


def _duplicates(data: Prepared, group: Sequence[Mapping[str, Any]]) -> Strip:
    """Show images that are the same picture, and where each of them is."""
    where = "; ".join(f"{image['split']}: {image['source']} ({image['class']})" for image in group)
    pictures = strip(data.pixels[[image["id"] for image in group]])
    return Strip(where, pictures, f"The same picture {len(group)} times")
