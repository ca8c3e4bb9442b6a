"""A folder per class, with or without ``train/``, ``val/`` and ``test/`` above."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from convbench.data.base import Listing, Sample, Split
from convbench.data.prepare.images import SUFFIXES, open_image
from convbench.errors import UserError

SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
"""What people call the splits."""


def is_hidden(path: Path) -> bool:
    """Tell what systems leave behind: ``.DS_Store``, ``__MACOSX``, ``Thumbs.db``."""
    return path.name.startswith((".", "__MACOSX")) or path.name == "Thumbs.db"


def is_image(path: Path) -> bool:
    """Tell an image by its name; whether it is one is found when it is decoded."""
    return path.suffix.lower() in SUFFIXES and not is_hidden(path)


def read_folder(top: Path, name: str) -> Listing:
    """List ``top``, called ``name`` in messages. A folder around everything is stepped into.

    Raises ``UserError`` where images lie outside class folders, a class is empty, or a split has a
    class that the training images lack.
    """
    root = _root(top)
    splits = _splits(root)
    found: dict[Split | None, dict[str, list[Path]]] = {
        split: _classes(folder, root, name) for split, folder in splits.items()
    }
    classes = sorted({label for labelled in found.values() for label in labelled})
    if len(classes) < 2:
        listed = f"one class, {classes[0]!r}" if classes else "no class folder with images"
        raise UserError(f"{name}: {listed}; a folder per class is expected, and two or more of them")
    learned = found.get("train", found.get(None, {}))
    if absent := sorted(set(classes) - set(learned)):
        raise UserError(f"{name}: train has no images of {', '.join(absent)}")
    samples = [
        Sample(path.relative_to(root).as_posix(), classes.index(label), split, partial(open_image, path))
        for split, labelled in found.items()
        for label, paths in sorted(labelled.items())
        for path in paths
    ]
    return Listing(tuple(classes), samples)


def _root(top: Path) -> Path:
    """Step into folders that hold one folder of folders and nothing else, as archives often do."""
    entries = [path for path in top.iterdir() if not is_hidden(path)]
    alone = len(entries) == 1 and entries[0].is_dir() and entries[0].name.lower() not in SPLIT_NAMES
    if alone and any(path.is_dir() for path in entries[0].iterdir()):
        return _root(entries[0])
    return top


def _splits(root: Path) -> dict[Split | None, Path]:
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not is_hidden(path)]
    named: dict[Split | None, Path] = {
        SPLIT_NAMES[path.name.lower()]: path for path in folders if path.name.lower() in SPLIT_NAMES
    }
    if "train" in named and len(named) == len(folders):
        return named
    return {None: root}


def _classes(folder: Path, root: Path, name: str) -> dict[str, list[Path]]:
    """Return each class folder's images, those in folders below it included."""
    if loose := [path for path in sorted(folder.iterdir()) if path.is_file() and is_image(path)]:
        where = f" in {folder.relative_to(root)}/" if folder != root else ""
        raise UserError(
            f"{name}: {len(loose)} images lie{where} outside any class, such as {loose[0].name}; "
            "put them into a folder per class, or describe them in a CSV file (layout: table)"
        )
    found = {
        path.name: list(_images(path))
        for path in sorted(folder.iterdir())
        if path.is_dir() and not is_hidden(path)
    }
    if empty := [label for label, paths in found.items() if not paths]:
        raise UserError(f"{name}: no images in {', '.join(f'{label}/' for label in empty)}")
    return found


def _images(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parents
        if path.is_file() and is_image(path) and not any(is_hidden(folder / part) for part in inside):
            yield path
