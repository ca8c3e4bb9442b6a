"""What the report says of the datasets: cards, samples, audits, and badges for the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convbench.augment import augmentation_of
from convbench.config.changes import IN_WORDS
from convbench.config.grid import Grid
from convbench.config.weights import IMAGENET, is_imagenet
from convbench.data.prepared import Prepared, open_prepared, why_absent
from convbench.engine.batches import Images, batches
from convbench.files import read_json
from convbench.report.data_page import DataPage, DatasetPart, Strip
from convbench.report.pictures import strip
from convbench.seeding import generator
from convbench.stages.checks import broken_labels
from convbench.stages.datasets import dataset_of, settings_of
from convbench.stages.folders import AUDITS, PREPARED
from convbench.stages.plan import Plan

Badges = Mapping[str, Sequence[Mapping[str, str]]]
_CLASSES, _EXAMPLES = 12, 8


def badges_of(plan: Plan) -> Badges:
    """Return each dataset's findings, those included that lie between it and the grid."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for name in plan.grid.dataset_names():
        own = [*read_json(AUDITS / f"{name}.json")["badges"], *_seen_in_pretraining(plan, name)]
        found[name] = own
    return found


def _seen_in_pretraining(plan: Plan, name: str) -> list[Mapping[str, str]]:
    """Say which weights of the grid come from a source that a dataset's images were drawn from."""
    dataset = dataset_of(name, settings_of(name, plan.grid.datasets))
    used = {settings.weights for settings in plan.grid.strategies.values()}
    seen = sorted(dataset.drawn_from & {IMAGENET if is_imagenet(name) else name for name in used})
    return [
        {
            "name": f"in {source}",
            "text": f"The images were drawn from {source}: networks with these weights may have been "
            "trained on the test images.",
        }
        for source in seen
    ]


def data_page(plan: Plan) -> DataPage:
    """Put together the page on the grid's datasets."""
    badges = badges_of(plan)
    absent = {
        name: reason
        for name in plan.grid.dataset_names()
        if (reason := why_absent(PREPARED / name) or read_json(AUDITS / f"{name}.json").get("reason"))
    }
    parts = [_part(plan, name, badges[name]) for name in plan.grid.dataset_names() if name not in absent]
    return DataPage(plan.grid.name, parts, absent)


def _part(plan: Plan, name: str, badges: Sequence[Mapping[str, str]]) -> DatasetPart:
    data = open_prepared(PREPARED / name)
    audit = read_json(AUDITS / f"{name}.json")
    broken = {
        augmentation: how
        for augmentation in plan.grid.augmentations
        if (how := broken_labels(plan.grid, name, augmentation))
    }
    keeps = None if data.card.keeps is None else [IN_WORDS[change] for change in data.card.keeps]
    return DatasetPart(
        card=vars(data.card),
        audit=audit,
        badges=badges,
        keeps=keeps,
        broken=broken,
        samples=_samples(data),
        augmented=_augmented(plan.grid, name, data),
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
    """Show some training images, evenly chosen, before and after what the grid trains on them with."""
    names = _augmentations(grid, name)
    rows = data.rows("train")
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, _EXAMPLES).astype(int))]
    each_its_own = np.eye(len(rows), dtype=np.float32)  # so that a blend says how much is left of each
    chosen = Images(data.pixels, rows, each_its_own, grid.channels)
    images, targets = next(batches(chosen, len(rows), torch.device("cpu")))
    before = Strip("before", _drawn(images), f"{len(rows)} training images as they are")
    return [before, *(_after(each, images, targets) for each in names)] if names else []


def _augmentations(grid: Grid, name: str) -> list[str]:
    """Return what networks are trained with on a dataset, in its tasks and as a source of weights."""
    tasks = {task.partition("@")[0] for task in grid.tasks}
    used = list(grid.augmentations) if name in tasks else []
    if name in grid.sources():
        used.append(grid.pretraining[name].augmentation)
    return [each for each in dict.fromkeys(used) if each != "none"]


def _after(name: str, images: Tensor, targets: Tensor) -> Strip:
    augmentation = augmentation_of(name)
    images, targets = augmentation.apply(images, targets, generator("figure", name))
    left = ", ".join(f"{share:.0%}" for share in targets.diagonal().tolist())
    shares = f". Here, what is left of each image's own label: {left}" if augmentation.mixes else ""
    caption = f"{name}: {augmentation.says}{shares}"
    return Strip(caption, _drawn(images), f"The same {len(images)} images after {name}")


def _drawn(images: Tensor) -> str:
    """Draw images ``[n, C, S, S]`` in [0, 1]; of one channel, in grey."""
    pixels = (images.clamp(0, 1) * 255).round().byte().expand(-1, 3, -1, -1)
    return strip(pixels.permute(0, 2, 3, 1).numpy())


def _duplicates(data: Prepared, group: Sequence[Mapping[str, Any]]) -> Strip:
    """Show images that are one picture, and where each of them is."""
    where = "; ".join(f"{image['split']}: {image['source']} ({image['class']})" for image in group)
    pictures = strip(data.pixels[[image["id"] for image in group]])
    return Strip(where, pictures, f"The same picture {len(group)} times")
