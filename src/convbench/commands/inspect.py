"""Show how a user's files would be read, without training."""

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convbench.config.datasets import DatasetSettings, is_archive
from convbench.data.base import SPLITS, Listing, Sample, Split
from convbench.data.download.archives import unpack
from convbench.data.layouts.folder import is_hidden, is_image, read_folder
from convbench.data.layouts.npz import read_npz
from convbench.data.layouts.table import TABLES, find_table, read_table
from convbench.data.prepare.images import decode, quiet, reason
from convbench.errors import UserError
from convbench.files import sha256

_SHOWN = 20  # problems and classes that are listed


@dataclass(frozen=True)
class _Look:
    """What one image is, or why it cannot be read."""

    size: tuple[int, int] | None
    mode: str
    note: str
    problem: str
    digest: str


def inspect(path: Path) -> None:
    """Print classes, counts, splits, sizes, modes and problems, and the lines for a config.

    Raises ``UserError`` where the files are laid out in no way that is known.
    """
    path = path.expanduser()
    if not path.exists():
        raise UserError(f"there is nothing at {path}")
    with tempfile.TemporaryDirectory() as scratch:
        layout, listing, ignored = _list(path, Path(scratch))
        with quiet(), ThreadPoolExecutor() as workers:
            looks = list(workers.map(_look, listing.samples))
    print(f"{path}: {_kind(layout, path)}")
    _print_classes(listing)
    _print_images(listing.samples, looks)
    if ignored:
        print(f"ignored, as no images: {len(ignored)} files, such as {', '.join(ignored[:3])}")
    _print_config(path, layout)


def _list(path: Path, scratch: Path) -> tuple[str, Listing, list[str]]:
    """Return layout, content, and the files that are none of either."""
    name = path.name
    if path.suffix.lower() == ".npz":
        return "medmnist", read_npz(path, None), []
    if path.suffix.lower() in TABLES:
        return "table", read_table(path, _NOTHING, name), []
    if path.is_file():
        unpack(path, scratch)
        path = scratch
    files = [each for each in path.rglob("*") if each.is_file() and not is_hidden(each)]
    tables = [each for each in files if each.suffix.lower() in TABLES]
    if len(tables) == 1 and not _has_class_folders(path, name):
        return "table", read_table(find_table(path, _NOTHING, name), _NOTHING, name), []
    ignored = [each.relative_to(path).as_posix() for each in sorted(files) if not is_image(each)]
    return "folder", read_folder(path, name), ignored


_NOTHING = DatasetSettings()


def _has_class_folders(path: Path, name: str) -> bool:
    try:
        read_folder(path, name)
    except UserError:
        return False
    return True


def _look(sample: Sample) -> _Look:
    try:
        with sample.load() as image:
            found = decode(image, 32, "stretch")
    except Exception as error:  # decoders raise anything on damaged bytes; all of it is reported
        return _Look(None, "", "", reason(error), "")
    digest = hashlib.sha256(found.pixels.tobytes()).hexdigest()
    return _Look((found.width, found.height), found.mode, found.note, "", digest)


def _kind(layout: str, path: Path) -> str:
    return {
        "folder": "a folder per class",
        "table": "images that a table names",
        "medmnist": "arrays as MedMNIST lays them out",
    }[layout] + (", in an archive" if path.is_file() and layout == "folder" else "")


def _print_classes(listing: Listing) -> None:
    splits = [split for split in SPLITS if any(sample.split == split for sample in listing.samples)]
    several = any(isinstance(sample.label, tuple) for sample in listing.samples)
    counts = Counter(
        (label, sample.split)
        for sample in listing.samples
        for label in (sample.label if isinstance(sample.label, tuple) else (sample.label,))
    )
    columns: list[Split | None] = [*splits] or [None]
    kind = "labels, several or none an image" if several else "classes"
    print(f"{len(listing.samples):,} images, {len(listing.classes)} {kind}:")
    print(f"  {'':<30}" + "".join(f"{split or 'images':>10}" for split in columns))
    for number, name in list(enumerate(listing.classes))[:_SHOWN]:
        print(f"  {name:<30}" + "".join(f"{counts[number, split]:>10,}" for split in columns))
    if len(listing.classes) > _SHOWN:
        print(f"  ... and {len(listing.classes) - _SHOWN} more")
    if not splits:
        print(
            "splits: none given; 70% for training, 15% for validation, 15% for the test would be drawn"
        )
    elif missing := [split for split in SPLITS if split not in splits]:
        given = ", ".join(splits)
        print(f"splits: {given} given; {' and '.join(missing)}: 15% of the training images")


def _print_images(samples: Sequence[Sample], looks: Sequence[_Look]) -> None:
    sizes = np.array([look.size for look in looks if look.size])
    if len(sizes):
        for side, values in zip(("wide", "high"), sizes.T, strict=True):
            print(f"{values.min()} to {values.max()} pixels {side}, median {int(np.median(values))}")
    modes = Counter(look.mode for look in looks if look.mode)
    print("modes: " + ", ".join(f"{count:,} {mode}" for mode, count in modes.most_common()))
    for note, count in Counter(look.note for look in looks if look.note).most_common():
        print(f"{count:,} images are read as: {note}")
    alike = Counter(look.digest for look in looks if look.digest)
    copies = sum(count - 1 for count in alike.values())
    if copies:
        print(f"{copies:,} images look exactly like another one at 32 pixels")
    problems = [(s.source, look.problem) for s, look in zip(samples, looks, strict=True) if look.problem]
    if problems:
        print(f"{len(problems)} images cannot be read ('on_bad_image: skip' would leave them out):")
        for source, problem in problems[:_SHOWN]:
            print(f"  {source}: {problem}")
        if len(problems) > _SHOWN:
            print(f"  ... and {len(problems) - _SHOWN} more")


def _print_config(path: Path, layout: str) -> None:
    stem = path.absolute().name.partition(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_") or "mine"
    print(f"\nFor a config:\n\ndatasets:\n  {name}:\n    layout: {layout}")
    print(f"    source: {path.absolute()}")
    if path.is_file() and is_archive(path.name):
        print(f"    sha256: {sha256(path)}")
    print(f"\ntasks: [{name}]")
