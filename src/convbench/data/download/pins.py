"""The pin of ``data/``: what each dataset's folder must hold, byte for byte, in DVC's own format.

The digest is DVC's: the MD5 of the JSON list of every file's MD5 and relative path. It is computed
here, so that parallel jobs need neither DVC's lock nor a repository; ``dvc status data.dvc`` agrees.
"""

import fcntl
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from convbench.errors import UserError
from convbench.files import write_text

_FOLDER = "data"


@dataclass(frozen=True)
class Pin:
    """The content of one folder."""

    md5: str
    size: int
    """Bytes of all files."""
    nfiles: int


def measure(folder: Path) -> Pin:
    """Compute the pin of what ``folder`` holds now."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    listing = [{"md5": _md5(files[name]), "relpath": name} for name in sorted(files)]
    text = json.dumps(listing, sort_keys=True)
    return Pin(
        md5=hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir",
        size=sum(path.stat().st_size for path in files.values()),
        nfiles=len(files),
    )


def check(name: str, folder: Path, pins: Path) -> Pin:
    """Compare ``folder`` with the pin of ``name`` in the file ``pins``; return the pin.

    Raises ``UserError`` where there is no pin, or the bytes are others.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is missing; have it made with: convbench fetch {name}")
    found = measure(folder)
    expected = expected_of(name, pins)
    if expected is None:
        raise UserError(f"{folder} has no pin in {pins}; convbench fetch {name} adds it")
    if found.md5 != expected:
        raise UserError(
            f"{folder} is not what {pins} pins: expected {expected}, found {found.md5}.\n"
            f"Move {folder} away and have it made again with: convbench fetch {name}; "
            f"or, if the change is meant, pin it with: dvc add {folder}"
        )
    return found


def expected_of(name: str, pins: Path) -> str | None:
    """Return the digest that the file ``pins`` has of a dataset, if any."""
    found = (out.get("md5") for out in _read(pins) if _name(out) == name)
    return next(found, None)


def write(name: str, pin: Pin, pins: Path) -> None:
    """Pin a dataset in the file ``pins``; other pins stay, and other processes wait for their turn."""
    with (pins.parent / _FOLDER / ".pins.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entry = {"path": f"{_FOLDER}/{name}", "hash": "md5", **asdict(pin)}
        outs = [out for out in _read(pins) if _name(out) != name]
        text = yaml.safe_dump({"outs": [*outs, entry]}, sort_keys=False, allow_unicode=True)
        write_text(pins, text)


def _read(pins: Path) -> list[dict[str, Any]]:
    try:
        outs = yaml.safe_load(pins.read_text(encoding="utf-8"))["outs"]
        return [dict(out) for out in outs if out["path"]]
    except FileNotFoundError as error:
        raise UserError(f"{pins} is missing; it pins what data/ must hold") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{pins} is not a DVC file with a list of 'outs': {error}") from error


def _name(out: dict[str, Any]) -> str:
    """Return a dataset's name: its path below ``data/``; what lies elsewhere keeps its own."""
    path = PurePosixPath(out["path"])
    return (path.relative_to(_FOLDER) if path.is_relative_to(_FOLDER) else path).as_posix()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
