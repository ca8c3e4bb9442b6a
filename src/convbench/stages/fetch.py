"""Get a dataset's raw files and check them against their pin."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from convbench.data import DATASETS, pins
from convbench.errors import UserError
from convbench.files import make_folder, write_json
from convbench.stages.runs import DATA, MARKERS

PINS = Path("data.dvc")


def fetch(dataset: str) -> None:
    """Make ``data/<dataset>`` unless it is there, check it, and leave a marker with its digest.

    Raises ``UserError`` where there is no such dataset, or the bytes are not those that ``data.dvc``
    pins.
    """
    if dataset not in DATASETS:
        raise UserError(f"no dataset {dataset!r}; there are {', '.join(DATASETS)}")
    folder = DATA / dataset
    if folder.exists():
        print(f"{folder} is there; checking it against {PINS}")
    else:
        _make(dataset, folder)
    pin = pins.check(folder, PINS)
    write_json(make_folder(MARKERS) / f"{dataset}.json", {"dataset": dataset, **asdict(pin)})


def check_changed(datasets: Iterable[str]) -> None:
    """Check again each dataset that was touched since it was last checked.

    Raises ``UserError`` where its bytes are no longer those that ``data.dvc`` pins.
    """
    for dataset in datasets:
        folder, marker = DATA / dataset, MARKERS / f"{dataset}.json"
        if folder.exists() and marker.exists():
            checked = marker.stat().st_ctime  # unlike mtime, nothing sets it back
            if any(path.stat().st_ctime >= checked for path in (folder, *folder.rglob("*"))):
                pins.check(folder, PINS)


def check_all(datasets: Iterable[str]) -> None:
    """Check every dataset's bytes, whenever they were last checked."""
    for dataset in datasets:
        pins.check(DATA / dataset, PINS)


def pin_of(dataset: str) -> str:
    """Return the digest that a dataset must have: another one makes all that came of it stale."""
    return pins.expected_of(dataset, PINS) or "none"


def _make(dataset: str, folder: Path) -> None:
    """Fill a folder beside ``folder``, then rename it: it is whole or absent."""
    make_folder(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=f".{dataset}.", dir=folder.parent))
    try:
        DATASETS[dataset].fetch(draft)
        draft.chmod(0o755)
        draft.replace(folder)
    except BaseException:
        shutil.rmtree(draft)
        raise
