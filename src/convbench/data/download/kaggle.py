"""Datasets that Kaggle hands out to those who have an account there and accepted the terms."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from convbench.config.datasets import is_address
from convbench.data.download.remote import MIRROR
from convbench.errors import UserError

_SITE = "https://www.kaggle.com"


def fetch(name: str, kind: str, slug: str, parts: str) -> Callable[[Path], None]:
    """Return a function that fills a folder with Kaggle's archive of ``slug``.

    ``kind`` is ``competitions`` or ``datasets``; ``parts`` describes what a user who downloads by hand
    should put in place. The official client is used where it and its credentials are there.
    """
    archive = f"{slug.rpartition('/')[2]}.zip"

    def fill(folder: Path) -> None:
        mirror = os.environ.get(MIRROR)
        if mirror:
            if not is_address(mirror) and (Path(mirror) / archive).exists():
                shutil.copyfile(Path(mirror) / archive, folder / archive)
                return
            if is_address(mirror) and _fetched(f"{mirror.rstrip('/')}/{archive}", folder / archive):
                return
        if (client := shutil.which("kaggle")) and _has_credentials():
            _call(client, kind, slug, folder)
        else:
            page = f"{_SITE}/{'c/' if kind == 'competitions' else 'datasets/'}{slug}"
            raise UserError(
                f"{name} comes from Kaggle, with your own account.\n"
                f"By hand: download it from {page} and put {parts} into data/{name}/.\n"
                f"With the official client: pip install kaggle, make a token at {_SITE}/settings "
                "(~/.kaggle/kaggle.json, or KAGGLE_USERNAME and KAGGLE_KEY), accept that page's terms.\n"
                f"From a folder that holds {archive}: {MIRROR}=FOLDER"
                + (f"; it is {mirror!r} now, and {archive} was not to be had there" if mirror else "")
            )

    return fill


def _fetched(address: str, path: Path) -> bool:
    """Try an address whose bytes nobody publishes a digest of; unpacking them will check them."""
    import pooch  # here: every training would wait for it

    try:
        pooch.retrieve(address, known_hash=None, fname=path.name, path=path.parent, progressbar=True)
    except OSError as error:  # what requests raises is one
        print(f"{address}: {error}", flush=True)
    return path.exists()


def _has_credentials() -> bool:
    home = Path("~/.kaggle").expanduser()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "kaggle"
    folders = (Path(os.environ.get("KAGGLE_CONFIG_DIR", home)), home, config)
    named = os.environ.get("KAGGLE_API_TOKEN") or (
        os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY")
    )
    return bool(named) or any(
        (folder / name).exists()
        for folder in folders
        for name in ("kaggle.json", "access_token", "access_token.txt", "credentials.json")
    )


def _call(client: str, kind: str, slug: str, folder: Path) -> None:
    done = subprocess.run(
        [client, kind, "download", slug, "-p", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode or not any(folder.iterdir()) or any(folder.glob("*.kaggle-partial")):
        raise UserError(f"kaggle {kind} download {slug} failed:\n{done.stdout.strip()}")
