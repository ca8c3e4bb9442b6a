"""Find duplicates across splits, leaks and other doubts about a dataset."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from convbench.data.audit.probe import Probe, probe
from convbench.data.base import SPLITS
from convbench.data.prepared import Prepared

_SHOWN = 24  # groups of duplicates that the report shows
_UNBALANCED = 10  # times as many images in the largest class as in the smallest
_SHORTCUT = 0.25  # of the way from the chance level to 1


@dataclass(frozen=True)
class Badge:
    """A finding: in a few words, to stand beside the numbers that it touches, and in a sentence."""

    name: str
    text: str


@dataclass(frozen=True)
class Leak:
    """Images of one split that show the same picture as one of another."""

    split: str
    """Whose images are counted."""
    other: str
    images: int
    share: float
    """Of the split's images."""


@dataclass(frozen=True)
class Audit:
    """Everything that was looked at, found or not."""

    dataset: str
    classes: list[dict[str, Any]]
    """Class and its images in each split."""
    sizes: dict[str, list[int]]
    """Least, median and most pixels of width and height, as stored."""
    modes: dict[str, int]
    """Images by pixel format."""
    notes: dict[str, int]
    """Images by what had to be decided to read them."""
    exact: int
    """Images that equal another one to the last pixel, once prepared."""
    near: int
    """Images that show the same picture as another one."""
    compared: int
    """Images that are large enough to be compared by sight."""
    leaks: list[Leak]
    conflicts: int
    """Images that show the same picture as one with another label."""
    groups: list[list[dict[str, Any]]]
    """The most telling groups of duplicates: id, split, class and source of each image."""
    skipped: list[dict[str, str]]
    probe: Probe
    badges: list[Badge]


def audit(data: Prepared, folder: Path) -> Audit:
    """Look at a prepared dataset in ``folder``."""
    index = pd.read_parquet(folder / "index.parquet").set_index("id", drop=False)
    doubles = index[index.duplicated("group", keep=False)]
    conflicted = doubles.groupby("group")["class"].nunique()
    conflicts = doubles[doubles["group"].isin(conflicted.index[conflicted > 1])]
    leaks = list(_leaks(index))
    found = Audit(
        dataset=data.card.dataset,
        classes=_classes(data, index),
        sizes={name: _spread(index[name]) for name in ("width", "height")},
        modes=_counts(index["mode"]),
        notes=_counts(index["note"][index["note"] != ""]),
        exact=int(index.duplicated("digest", keep=False).sum()),
        near=len(doubles),
        compared=int((index[["width", "height"]].min(axis=1) >= 16).sum()),
        leaks=leaks,
        conflicts=len(conflicts),
        groups=_groups(doubles),
        skipped=data.card.skipped,
        probe=probe(data),
        badges=[],
    )
    found.badges.extend(_badges(found))
    return found


def as_json(found: Audit) -> dict[str, Any]:
    """Return the audit as plain values."""
    return asdict(found)


def _classes(data: Prepared, index: pd.DataFrame) -> list[dict[str, Any]]:
    names = data.card.classes
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        own = data.labels[:, number] > 0 if data.card.multi_label else data.labels == number
        rows.append(
            {"class": name, **{split: int((own & (data.splits == split)).sum()) for split in SPLITS}}
        )
    return rows


def _leaks(index: pd.DataFrame) -> Iterator[Leak]:
    groups = {split: set(index["group"][index["split"] == split]) for split in SPLITS}
    for other, split in combinations(SPLITS, 2):
        own = index[index["split"] == split]
        count = int(own["group"].isin(groups[split] & groups[other]).sum())
        if count:
            yield Leak(split, other, count, count / len(own))


def _groups(doubles: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Return groups of duplicates: those across splits first, then those with several labels."""
    found = []
    for _, group in doubles.groupby("group"):
        order = (group["split"].nunique() == 1, group["class"].nunique() == 1, group["id"].iloc[0])
        columns = ["id", "split", "class", "source", "digest"]
        rows = group[columns].head(8).to_dict("records")
        found.append((order, [{str(name): value for name, value in row.items()} for row in rows]))
    return [group for _, group in sorted(found, key=lambda each: each[0])][:_SHOWN]


def _spread(values: pd.Series) -> list[int]:
    return [int(values.min()), int(values.median()), int(values.max())]


def _counts(values: pd.Series) -> dict[str, int]:
    return dict(Counter(values.tolist()).most_common())


def _badges(found: Audit) -> Iterator[Badge]:
    for leak in found.leaks:
        if leak.split == "test":
            yield Badge(
                f"{leak.share:.1%} of test in {_NAMES[leak.other]}",
                f"{leak.images:,} of the test images ({leak.share:.1%}) show the same picture as a "
                f"{_NAMES[leak.other]} image: the numbers may be too high by as much.",
            )
    if found.conflicts:
        yield Badge(
            "label conflicts",
            f"{found.conflicts:,} images show the same picture as one with a different label.",
        )
    yield from _imbalance(found.classes)
    if found.skipped:
        yield Badge(
            f"{len(found.skipped)} skipped",
            f"Left out, as they could not be read: {len(found.skipped)} images.",
        )
    if found.probe.low > found.probe.chance_level + _SHORTCUT * (1 - found.probe.chance_level):
        yield Badge(
            "shortcut",
            f"Eight pixels on the border alone give {found.probe.value:.0%} {found.probe.score}, where "
            f"the chance level is {found.probe.chance_level:.0%}: a network may learn the background.",
        )


_NAMES: Mapping[str, str] = {"train": "training", "val": "validation", "test": "test"}


def _imbalance(classes: Sequence[Mapping[str, Any]]) -> Iterator[Badge]:
    counts = {each["class"]: each["train"] for each in classes}
    least, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[most] >= _UNBALANCED * counts[least]:
        yield Badge(
            "unbalanced",
            f"{counts[most]:,} training images of {most} and {counts[least]:,} of {least}: frequent "
            "classes rule the mean over images.",
        )
