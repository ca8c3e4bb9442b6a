"""Making what ``prepared`` reads: images decoded, resized, divided and written once."""

import hashlib
import math
import mmap
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from convbench.config.changes import Change
from convbench.config.datasets import Score
from convbench.config.spec import Resize
from convbench.data.base import Listing, Sample, Split, Splitting
from convbench.data.duplicates import groups_of
from convbench.data.images import THUMB, Decoded, decode, quiet, reason
from convbench.data.prepared import Card
from convbench.data.splits import divide, thin
from convbench.errors import UserError
from convbench.files import sha256, write_json, write_whole

_CHUNK = 64  # images that a thread decodes at a time
_SMALLEST = 16  # pixels of the short side, below which different images look alike


@dataclass(frozen=True)
class Settings:
    """How a dataset is prepared."""

    image_size: int
    resize: Resize
    splitting: Splitting
    keeps: frozenset[Change] | None
    score: Score | None
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
        seen = _decode_all(draft, samples, how)
        skipped = [
            {"source": sample.source, "reason": each}
            for sample, each in zip(samples, seen, strict=True)
            if isinstance(each, str)
        ]
        if skipped and not how.skip_bad:
            raise UserError(_unreadable(dataset, skipped, len(samples)))
        rows = np.array([row for row, each in enumerate(seen) if isinstance(each, _Seen)], dtype=int)
        with _named(dataset):
            images = _divided(
                [samples[row] for row in rows], [seen[row] for row in rows], listing, multi_label, how
            )
        kept = np.array([image.split is not None for image in images], dtype=bool)
        if how.refuse_leaks:
            _refuse_leaks(dataset, images)
        write_whole(folder / "images.npy", lambda path: _keep(draft, rows[kept], path))
    finally:
        draft.unlink(missing_ok=True)
    images = [image for image in images if image.split is not None]
    index = _index(listing.classes, images, multi_label)
    write_whole(folder / "index.parquet", lambda path: pq.write_table(index, path))
    pixels = np.load(folder / "images.npy", mmap_mode="r")
    mean, std = _channels(pixels, np.flatnonzero([image.split == "train" for image in images]))
    card = Card(
        dataset=dataset,
        classes=list(listing.classes),
        multi_label=multi_label,
        score=how.score or ("mean_average_precision" if multi_label else "accuracy"),
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
class _Seen:
    """What is remembered of an image after it was decoded."""

    digest: str
    thumb: np.ndarray
    width: int
    height: int
    mode: str
    note: str


@dataclass(frozen=True)
class _Image:
    """One image with its place in the dataset."""

    sample: Sample
    seen: _Seen
    group: int
    split: Split | None


@contextmanager
def _named(dataset: str) -> Iterator[None]:
    """Say which dataset cannot be divided."""
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
    if how.score is not None and multi_label != (how.score == "mean_average_precision"):
        right = "mean_average_precision" if multi_label else "accuracy or accuracy_per_class"
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


def _decode_all(draft: Path, samples: Sequence[Sample], how: Settings) -> list[_Seen | str]:
    """Write every image to ``draft``, at its sample's row; return what it was, or why it is bad.

    Written as a file and not through its mapping, whose pages would count as memory of this process.
    """
    shape = (len(samples), how.image_size, how.image_size, 3)
    offset = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape).offset
    chunks = [range(at, min(at + _CHUNK, len(samples))) for at in range(0, len(samples), _CHUNK)]
    with draft.open("r+b", buffering=0) as file, quiet(), ThreadPoolExecutor(how.workers) as workers:
        work = partial(_decode_some, samples=samples, how=how, file=file.fileno(), offset=offset)
        return [each for some in workers.map(work, chunks) for each in some]


def _decode_some(
    rows: range, samples: Sequence[Sample], how: Settings, file: int, offset: int
) -> list[_Seen | str]:
    seen: list[_Seen | str] = []
    for row in rows:
        try:
            with samples[row].load() as image:
                image_seen = decode(image, how.image_size, how.resize)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise anything on damaged bytes; all of it is told
            seen.append(reason(error))
            continue
        pixels = image_seen.pixels.tobytes()
        os.pwrite(file, pixels, offset + row * len(pixels))
        seen.append(_remember(image_seen, pixels))
    return seen


def _remember(image: Decoded, pixels: bytes) -> _Seen:
    digest = hashlib.sha256(pixels).hexdigest()
    return _Seen(digest, image.thumb, image.width, image.height, image.mode, image.note)


def _unreadable(dataset: str, skipped: Sequence[dict[str, str]], count: int) -> str:
    listed = "\n".join(f"  {each['source']}: {each['reason']}" for each in skipped)
    return (
        f"{dataset}: {len(skipped)} of {count} images cannot be read:\n{listed}\n"
        f"Mend or remove them, or leave them out with 'on_bad_image: skip' under 'datasets: {dataset}:'"
    )


def _divided(
    samples: Sequence[Sample], seen: Sequence[Any], listing: Listing, multi_label: bool, how: Settings
) -> list[_Image]:
    """Find the duplicates, then give each image its split."""
    thumbs = np.array([each.thumb for each in seen], dtype=np.uint8).reshape(-1, THUMB, THUMB)
    large = np.array([min(each.width, each.height) >= _SMALLEST for each in seen], dtype=bool)
    labels = _labels(samples, listing.classes, multi_label)
    turning_keeps = how.keeps is None or "any_turn" in how.keeps
    groups = groups_of([each.digest for each in seen], thumbs, large, labels, turning_keeps)
    official = [sample.split for sample in samples]
    splits = divide(labels, listing.classes, groups, official, how.splitting)
    return [_Image(*parts) for parts in zip(samples, seen, groups.tolist(), splits, strict=True)]


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


def _keep(draft: Path, rows: np.ndarray, path: Path) -> None:
    """Write the chosen rows of ``draft`` to ``path``; all of them, by renaming it."""
    pixels = np.load(draft, mmap_mode="r")
    if len(rows) == len(pixels):
        draft.replace(path)
        return
    shape = (len(rows), *pixels.shape[1:])
    offset = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape).offset
    with path.open("r+b") as file:
        file.seek(offset)
        for block in _blocks(pixels, rows):
            file.write(block.tobytes())


def _index(classes: Sequence[str], images: Sequence[_Image], multi_label: bool) -> pa.Table:
    samples, seen = [image.sample for image in images], [image.seen for image in images]
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
        "digest": [each.digest for each in seen],
        "group": [groups[image.group] for image in images],
        "width": [each.width for each in seen],
        "height": [each.height for each in seen],
        "mode": [each.mode for each in seen],
        "note": [each.note for each in seen],
    }
    return pa.table(columns)


def _channels(pixels: np.ndarray, rows: np.ndarray) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation of each channel, in [0, 1], from exact integer sums."""
    counts = np.zeros((3, 256), dtype=np.int64)
    for block in _blocks(pixels, rows):
        strip = Image.fromarray(block.reshape(-1, block.shape[2], 3))
        counts += np.array(strip.histogram(), dtype=np.int64).reshape(3, 256)
    moments = [_moments(count.tolist()) for count in counts]
    return [mean for mean, _ in moments], [deviation for _, deviation in moments]


def _moments(counts: Sequence[int]) -> tuple[float, float]:
    """Return mean and standard deviation, in [0, 1], of values 0 to 255; rounded once, at the end."""
    number = sum(counts)
    total = sum(value * count for value, count in enumerate(counts))
    squares = sum(value**2 * count for value, count in enumerate(counts))
    variance = (number * squares - total**2) / (255 * number) ** 2
    return total / (255 * number), math.sqrt(max(variance, 1e-12))


def _blocks(pixels: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield copies of the chosen rows, some 32 MB at a time; what was read does not stay in memory."""
    count = max(1, 2**25 // pixels[0].nbytes) if len(pixels) else 1
    for start in range(0, len(rows), count):
        yield pixels[rows[start : start + count]]
        if isinstance(pixels.base, mmap.mmap):
            pixels.base.madvise(mmap.MADV_DONTNEED)


def _digest(images: Path, index: pa.Table) -> str:
    rows = zip(index["split"].to_pylist(), index["label"].to_pylist(), strict=True)
    content = sha256(images) + "\n" + "\n".join(f"{split} {label}" for split, label in rows)
    return hashlib.sha256(content.encode()).hexdigest()
