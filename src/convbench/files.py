"""Atomic file writes, and checksums of files."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convbench.errors import UserError

_MISTAKEN: Mapping[bytes, str] = {
    b"version https://git-lfs": "a Git LFS pointer; 'git lfs pull' in its repository fetches the file",
    **dict.fromkeys(
        (b"<!doctype html", b"<html", b"<?xml"),
        "a web page, saved in its place; download the file itself",
    ),
}
"""Beginnings of what is saved where a file should be -> what it is, and what would be right."""


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then rename it: nobody ever sees half of it.

    Raises ``UserError`` where the folder cannot be written.
    """
    with _writable(path.parent):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON with sorted keys; NaN and infinity are refused, as JSON has neither."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:  # noqa: ANN401 (JSON is untyped until it is parsed)
    """Read one JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read one JSON object a line; a last line that a kill cut short is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mistaken(path: Path) -> str:
    """Say what is in a file's place that is not the file, and what would be right; else nothing."""
    if path.is_dir():
        return "it is a folder; the path of a file would be right"
    with path.open("rb") as file:
        begin = file.read(256).lstrip().lower()
    if not begin:
        return "it is empty; copy or download it again"
    return next((f"it is {what}" for start, what in _MISTAKEN.items() if begin.startswith(start)), "")


def make_folder(path: Path) -> Path:
    """Create ``path`` and its parents, or say in one line why that cannot be."""
    with _writable(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot write in {folder}: {error.strerror}; "
            "make the folder writable, or work in a copy of the project elsewhere"
        ) from error
