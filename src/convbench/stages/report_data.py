"""What the report says of the datasets: cards, samples, audits, and badges for the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from convbench.config.changes import IN_WORDS
from convbench.data.prepared import Prepared, open_prepared
from convbench.files import read_json
from convbench.report.data_page import DataPage, DatasetPart, Strip
from convbench.report.pictures import strip
from convbench.stages.datasets import dataset_of, settings_of
from convbench.stages.plan import Plan, broken_labels
from convbench.stages.runs import AUDITS, PREPARED

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
    seen = sorted(dataset.drawn_from & {settings.weights for settings in plan.grid.strategies.values()})
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
    parts = [_part(plan, name, badges[name]) for name in plan.grid.dataset_names()]
    return DataPage(plan.grid.name, parts)


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


def _duplicates(data: Prepared, group: Sequence[Mapping[str, Any]]) -> Strip:
    """Show images that are one picture, and where each of them is."""
    where = "; ".join(f"{image['split']}: {image['source']} ({image['class']})" for image in group)
    pictures = strip(data.pixels[[image["id"] for image in group]])
    return Strip(where, pictures, f"The same picture {len(group)} times")
