"""Write the files of a prepared dataset, which data/prepared.py reads."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from convbench.config.changes import Change
from convbench.config.spec import Resize
from convbench.data.base import Listing, Sample, Split, Splitting
from convbench.data.prepare.decoding import Facts, decode_all
from convbench.data.prepare.duplicates import groups_of
from convbench.data.prepare.images import THUMB
from convbench.data.prepare.pixels import channels, keep
from convbench.data.prepare.splits import divide, thin
from convbench.data.prepared import Card
from convbench.errors import UserError
from convbench.files import sha256, write_json, write_whole
from convbench.scores import SCORES, SELECTING, default_score, kind_of

_SMALLEST = 16  # pixels of the short side, below which different images look alike


@dataclass(frozen=True)
class Settings:
    """How a dataset is prepared."""

    image_size: int
    resize: Resize
    splitting: Splitting
    keeps: frozenset[Change] | None
    score: str | None
    skip_bad: bool
    refuse_leaks: bool
    workers: int = 1
    """Threads that decode; their number changes no byte."""


def prepare(
    dataset: str, listing: Listing, multi_label: bool | None, how: Settings, pin: str, folder: Path
) -> Card:
    """Decode the listed images, divide them where no split is official, and write the three files.

    The card comes last, so its presence means that the dataset is whole. Raises ``UserError`` with the
    list of the images that cannot be read, unless these are to be skipped; where a class has too few
    images; and, if leaks are to be refused, where a duplicate straddles the splits.
    """
    multi_label = _is_multi_label(listing) if multi_label is None else multi_label
    _refuse_numbers(dataset, multi_label, how)
    with _named(dataset):
        samples = _thinned(listing, multi_label, how.splitting)
    draft = folder / ".decoded.npy"
    try:
        facts = decode_all(draft, samples, how.image_size, how.resize, how.workers)
        skipped = [
            {"source": sample.source, "reason": each}
            for sample, each in zip(samples, facts, strict=True)
            if isinstance(each, str)
        ]
        if skipped and not how.skip_bad:
            raise UserError(_unreadable(dataset, skipped, len(samples)))
        rows = np.array([row for row, each in enumerate(facts) if isinstance(each, Facts)], dtype=int)
        with _named(dataset):
            images = _divided(
                [samples[row] for row in rows], [facts[row] for row in rows], listing, multi_label, how
            )
        kept = np.array([image.split is not None for image in images], dtype=bool)
        if how.refuse_leaks:
            _refuse_leaks(dataset, images)
        write_whole(folder / "images.npy", lambda path: keep(draft, rows[kept], path))
    finally:
        draft.unlink(missing_ok=True)
    images = [image for image in images if image.split is not None]
    index = _index(listing.classes, images, multi_label)
    write_whole(folder / "index.parquet", lambda path: pq.write_table(index, path))
    pixels = np.load(folder / "images.npy", mmap_mode="r")
    mean, std = channels(pixels, np.flatnonzero([image.split == "train" for image in images]))
    card = Card(
        dataset=dataset,
        classes=list(listing.classes),
        multi_label=multi_label,
        score=how.score or default_score(kind_of(multi_label=multi_label)).name,
        image_size=how.image_size,
        resize=how.resize,
        images=dict(Counter(image.split for image in images if image.split is not None)),
        made_here=sorted({i.split for i in images if i.split and i.split != i.sample.split}),
        mean=mean,
        std=std,
        keeps=None if how.keeps is None else sorted(how.keeps),
        skipped=skipped,
        unused=int((~kept).sum()) + len(listing.samples) - len(samples),
        pin=pin,
        digest=_digest(folder / "images.npy", index),
    )
    write_json(folder / "card.json", asdict(card))
    return card


@dataclass(frozen=True)
class _Image:
    """One image with its place in the dataset."""

    sample: Sample
    facts: Facts
    group: int
    split: Split | None


@contextmanager
def _named(dataset: str) -> Iterator[None]:
    """Name the dataset in an error."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{dataset}: {error}") from error


def _is_multi_label(listing: Listing) -> bool:
    return any(isinstance(sample.label, tuple) for sample in listing.samples)


def _refuse_numbers(dataset: str, multi_label: bool, how: Settings) -> None:
    """Refuse settings that fit images of one label each alone, or of several."""
    if multi_label and (how.splitting.train or how.splitting.val or how.splitting.test):
        raise UserError(
            f"{dataset}: numbers of images a class need images of one label each; these have several"
        )
    kind = kind_of(multi_label=multi_label)
    if how.score is not None and SCORES[how.score].labels != kind:
        right = " or ".join(name for name, score in SELECTING.items() if score.labels == kind)
        raise UserError(f"{dataset}: score: {how.score!r}; images of this kind are scored by {right}")


def _thinned(listing: Listing, multi_label: bool, how: Splitting) -> list[Sample]:
    samples = list(listing.samples)
    labels = _labels(samples, listing.classes, multi_label)
    official = [sample.split for sample in samples]
    return [samples[row] for row in thin(labels, listing.classes, official, how)]


def _labels(samples: Sequence[Sample], classes: Sequence[str], multi_label: bool) -> np.ndarray:
    """Return class numbers int64 ``[N]``, or 0 and 1 ``[N, C]``."""
    if not multi_label:
        return np.array([sample.label for sample in samples], dtype=np.int64)
    table = np.zeros((len(samples), len(classes)), dtype=np.uint8)
    for row, sample in enumerate(samples):
        assert isinstance(sample.label, tuple), "a multi-label dataset lists tuples"
        table[row, list(sample.label)] = 1
    return table


def _unreadable(dataset: str, skipped: Sequence[dict[str, str]], count: int) -> str:
    listed = "\n".join(f"  {each['source']}: {each['reason']}" for each in skipped)
    return (
        f"{dataset}: {len(skipped)} of {count} images cannot be read:\n{listed}\n"
        f"Mend or remove them, or leave them out with 'on_bad_image: skip' under 'datasets: {dataset}:'"
    )


def _divided(
    samples: Sequence[Sample], facts: Sequence[Any], listing: Listing, multi_label: bool, how: Settings
) -> list[_Image]:
    """Find the duplicates, then give each image its split."""
    thumbs = np.array([each.thumb for each in facts], dtype=np.uint8).reshape(-1, THUMB, THUMB)
    large = np.array([min(each.width, each.height) >= _SMALLEST for each in facts], dtype=bool)
    labels = _labels(samples, listing.classes, multi_label)
    rotation_keeps = how.keeps is None or "any_rotation" in how.keeps
    groups = groups_of([each.digest for each in facts], thumbs, large, labels, rotation_keeps)
    official = [sample.split for sample in samples]
    splits = divide(labels, listing.classes, groups, official, how.splitting)
    return [_Image(*parts) for parts in zip(samples, facts, groups.tolist(), splits, strict=True)]


def _refuse_leaks(dataset: str, images: Sequence[_Image]) -> None:
    """Raise ``UserError`` where one picture is in two splits."""
    splits: dict[int, dict[str | None, str]] = {}
    for image in images:
        splits.setdefault(image.group, {}).setdefault(image.split, image.sample.source)
    leaks = [found for found in splits.values() if len(found.keys() - {None}) > 1]
    if leaks:
        listed = "\n".join(
            "  " + " and ".join(f"{source} ({split})" for split, source in leak.items() if split)
            for leak in leaks
        )
        raise UserError(
            f"{dataset}: {len(leaks)} pictures are in more than one split:\n{listed}\n"
            "Remove all but one of each, "
            f"or mark the results instead with 'on_leak: badge' under 'datasets: {dataset}:'"
        )


def _index(classes: Sequence[str], images: Sequence[_Image], multi_label: bool) -> pa.Table:
    samples, facts = [image.sample for image in images], [image.facts for image in images]
    labels = _labels(samples, classes, multi_label)
    groups = {group: row for row, group in reversed(list(enumerate(i.group for i in images)))}
    names = [sample.label if isinstance(sample.label, tuple) else (sample.label,) for sample in samples]
    columns: dict[str, Any] = {
        "id": np.arange(len(samples)),
        "split": [image.split for image in images],
        "label": pa.FixedSizeListArray.from_arrays(labels.ravel(), len(classes))
        if multi_label
        else labels,
        "class": ["; ".join(classes[label] for label in each) for each in names],
        "source": [sample.source for sample in samples],
        "digest": [each.digest for each in facts],
        "group": [groups[image.group] for image in images],
        "width": [each.width for each in facts],
        "height": [each.height for each in facts],
        "mode": [each.mode for each in facts],
        "note": [each.note for each in facts],
    }
    return pa.table(columns)


def _digest(images: Path, index: pa.Table) -> str:
    rows = zip(index["split"].to_pylist(), index["label"].to_pylist(), strict=True)
    content = sha256(images) + "\n" + "\n".join(f"{split} {label}" for split, label in rows)
    return hashlib.sha256(content.encode()).hexdigest()
