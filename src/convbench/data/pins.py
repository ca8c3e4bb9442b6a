"""The pin of ``data/``: what each dataset's folder must hold, byte for byte, in DVC's own format.

The digest is DVC's: the MD5 of the JSON list of every file's MD5 and relative path. It is computed
here, so that parallel jobs need neither DVC's lock nor a repository; ``dvc status data.dvc`` agrees.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from convbench.errors import UserError


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


def check(folder: Path, pins: Path) -> Pin:
    """Compare ``folder`` with its pin in the file ``pins``; return the pin.

    Raises ``UserError`` where there is no pin, or the bytes are others.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is missing; have it made with: convbench fetch {folder.name}")
    found = measure(folder)
    expected = expected_of(folder.name, pins)
    if expected is None:
        raise UserError(
            f"{folder} has no pin in {pins}; if its content is right, add under 'outs':\n"
            f"- path: data/{folder.name}\n  hash: md5\n  md5: {found.md5}\n"
            f"  size: {found.size}\n  nfiles: {found.nfiles}"
        )
    if found.md5 != expected:
        raise UserError(
            f"{folder} is not what {pins} pins: expected {expected}, found {found.md5}.\n"
            f"Move {folder} away and have it made again with: convbench fetch {folder.name}; "
            f"or, if the change is meant, pin it with: dvc add {folder}"
        )
    return found


def expected_of(dataset: str, pins: Path) -> str | None:
    """Return the digest that the file ``pins`` has of a dataset, if any."""
    return _read(pins).get(dataset)


def _read(pins: Path) -> dict[str, str]:
    try:
        outs = yaml.safe_load(pins.read_text(encoding="utf-8"))["outs"]
        return {Path(out["path"]).name: out["md5"] for out in outs if "md5" in out}
    except FileNotFoundError as error:
        raise UserError(f"{pins} is missing; it pins what data/ must hold") from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"{pins} is not a DVC file with a list of 'outs': {error}") from error


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
