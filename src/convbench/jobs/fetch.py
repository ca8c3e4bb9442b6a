"""Get a dataset's raw files and check them against their pin."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from convbench.config.datasets import DatasetSettings
from convbench.data.base import Dataset
from convbench.data.download import pins
from convbench.data.own import local_files
from convbench.errors import UserError
from convbench.files import make_folder, read_json, sha256, write_json, write_text
from convbench.planning.datasets import dataset_of, settings_of
from convbench.planning.training_images import notes_of
from convbench.results.folders import DATA, FIRST_PINS, MARKERS, PINNED, PINS


def fetch(name: str, settings: DatasetSettings, *, renew: bool = False) -> None:
    """Make ``data/<name>`` unless it is there, check it, and leave a marker with its digest.

    What has no pin yet is pinned. ``renew`` makes it again and pins what comes out. Raises
    ``UserError`` where there is no such dataset, it cannot be had, or its bytes are not those that
    ``data.dvc`` pins.
    """
    dataset = dataset_of(name, settings)
    folder = DATA / name
    _sweep(folder)
    if folder.exists() and not renew:
        print(f"{folder} is there; checking it against {PINS}")
        _check_origin(name, settings)
    else:
        with _made(name, dataset) as draft:
            if renew and folder.exists():
                shutil.rmtree(folder)
            draft.replace(folder)
    pin = _pinned(name, renew)
    marker = MARKERS / f"{name}.json"
    make_folder(marker.parent)
    write_json(marker, {"dataset": name, **asdict(pin), **_notes(name, settings)})


def _notes(name: str, settings: DatasetSettings) -> Mapping[str, object]:
    """Return what a plan needs to know of the files; of what cannot be read, ``prepare`` tells."""
    try:
        return count_fetched(name, settings)
    except UserError:
        return {}


def count_fetched(name: str, settings: DatasetSettings) -> Mapping[str, object]:
    """Count the images of ``data/<name>``, where a plan does not know their number otherwise.

    Raises ``UserError`` where they cannot be read.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return notes_of(name, settings, DATA / name, Path(scratch))


def check_changed(names: list[str], datasets: Mapping[str, DatasetSettings]) -> None:
    """Check again each dataset that was touched since it was last checked, and the folder it came from.

    Raises ``UserError`` where its bytes are no longer those that ``data.dvc`` pins, or the user's
    folder no longer holds what was taken from it.
    """
    for name in names:
        folder, marker = DATA / name, MARKERS / f"{name}.json"
        if not (folder.exists() and marker.exists()):
            continue
        checked = marker.stat().st_ctime  # unlike mtime, nothing sets it back
        settings = settings_of(name, datasets)
        touched = any(path.stat().st_ctime >= checked for path in (folder, *folder.rglob("*")))
        if touched:
            pins.check(name, folder, PINS)
        if moved := _is_newer(name, settings, checked):
            _check_origin(name, settings)
        if touched or moved:
            marker.chmod(0o644)  # sets the ctime: checked now


def check_all(names: list[str]) -> None:
    """Check every dataset's bytes, whenever they were last checked."""
    for name in names:
        pin = pins.check(name, DATA / name, PINS)
        print(f"{DATA / name} is what {PINS} pins: {pin.md5}, {pin.nfiles} files, {pin.size:,} bytes")


def pin_all(names: list[str]) -> None:
    """Put the bytes of the datasets that are here where ``dvc status``, ``push`` and ``pull`` look.

    Checked just before: ``dvc add`` pins whatever it finds. Raises ``UserError`` where DVC fails.
    """
    present = [name for name in names if not read_json(MARKERS / f"{name}.json").get("reason")]
    check_all(present)
    if present:
        command = ["dvc", "add", "--quiet", *(str(DATA / name) for name in present)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    write_json(PINNED, {"datasets": present})


def pin_of(name: str) -> str:
    """Return the digest that a dataset must have: another one makes all that came of it stale.

    What had no pin when it was first fetched here has one afterwards, of the same content: that is no
    change, so both are ``none``.
    """
    expected, first = pins.expected_of(name, PINS), FIRST_PINS / f"{name}.txt"
    if expected is None or (first.exists() and first.read_text(encoding="utf-8") == expected):
        return "none"
    return expected


def _pinned(name: str, renew: bool) -> pins.Pin:
    folder = DATA / name
    if not renew and pins.expected_of(name, PINS) is not None:
        return pins.check(name, folder, PINS)
    pin = pins.measure(folder)
    pins.write(name, pin, PINS)
    if not renew:
        first = FIRST_PINS / f"{name}.txt"
        make_folder(first.parent)
        write_text(first, pin.md5)
    print(f"{folder} is pinned in {PINS} now: {pin.md5}, {pin.nfiles} files, {pin.size:,} bytes")
    return pin


def _is_newer(name: str, settings: DatasetSettings, checked: float) -> bool:
    """Tell whether anything in a user's own folder was touched after ``checked``."""
    if not _lies_open(settings):
        return False
    source = _source(settings)
    try:
        files = local_files(name, settings).values()
    except UserError:  # such as an image that is gone
        return True
    folders = [path for path in source.rglob("*") if path.is_dir()] if source.is_dir() else []
    return any(path.stat().st_ctime >= checked for path in (source, *folders, *files))


def _lies_open(settings: DatasetSettings) -> bool:
    """Tell whether a dataset is in a user's own folder, and that folder is here."""
    return settings.source is not None and not settings.is_archive and _source(settings).exists()


def _source(settings: DatasetSettings) -> Path:
    assert settings.source is not None
    return Path(settings.source[0]).expanduser()


def _check_origin(name: str, settings: DatasetSettings) -> None:
    """Refuse what is no longer what the config describes: another archive, or a folder that changed."""
    folder = DATA / name
    renew = f"convbench fetch {name} --config CONFIG --renew"
    if settings.sha256 is not None:
        found = [sha256(path) for path in folder.iterdir() if path.is_file()]
        if settings.sha256 not in found:
            raise UserError(
                f"{folder} was made of another archive: the config says sha256 {settings.sha256}, found "
                f"{', '.join(found)}. Put the old digest back; or take the new archive: {renew}"
            )
    elif _lies_open(settings):
        with _made(name, dataset_of(name, settings)) as draft:
            if pins.measure(draft).md5 == pins.measure(folder).md5:
                return
        raise UserError(
            f"{_source(settings)} is not, or no longer, what {folder} was taken from: it holds other "
            f"files. Restore the old ones; or take these and train on them: {renew}"
        )


@contextmanager
def _made(name: str, dataset: Dataset) -> Iterator[Path]:
    """Fill a folder beside ``data/<name>``: it is renamed when it is whole, or is gone."""
    target = DATA / name
    make_folder(target.parent)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    with _locked(draft):
        try:
            dataset.fetch(draft)
            draft.chmod(0o755)
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove what a fetch of ``target`` that was killed has left beside it."""
    for draft in target.parent.glob(f".{target.name}.*"):
        if draft.is_dir():
            with _locked(draft) as free:
                if free:
                    shutil.rmtree(draft)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold a lock that ends with this process; say whether it was free."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        os.close(handle)
