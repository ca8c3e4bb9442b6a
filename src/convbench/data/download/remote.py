"""Download files whose digests are known.

``CONVBENCH_MIRROR``, a folder or a base address that holds files of the same names, is asked first.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convbench.config.datasets import is_address
from convbench.errors import UserError
from convbench.files import mistaken

MIRROR = "CONVBENCH_MIRROR"
_TRIES = 3
_TIMEOUT = 30  # seconds without a byte


@dataclass(frozen=True)
class Remote:
    """One file that is published somewhere."""

    name: str
    digest: str
    """``md5:...`` or ``sha256:...``, as its publisher states it; of a SHA-256, its beginning will do."""
    places: tuple[str, ...]
    """Addresses and paths, tried in turn."""

    def describes(self, path: Path) -> bool:
        """Tell whether a file has the digest."""
        return self.mismatch(path) == ""

    def mismatch(self, path: Path) -> str:
        """Say how a file's digest differs from the right one; nothing where it does not."""
        import pooch  # here: every training would wait for it

        kind, _, expected = self.digest.partition(":")
        found = pooch.file_hash(str(path), kind)
        return "" if found.startswith(expected) else f"its {kind} should be {expected} and is {found}"


def download(remote: Remote, folder: Path) -> None:
    """Put ``remote`` into ``folder``, checked; whole, or not at all.

    Raises ``UserError`` saying, place by place, why none of them gave the file.
    """
    problems: list[str] = []
    hint = f"\nIf you have the file, name its folder: {MIRROR}=FOLDER"
    for place in _places(remote):
        print(f"fetching {place}", flush=True)
        try:
            (_from_address if is_address(place) else _from_path)(place, remote, folder)
        except OSError as error:  # what requests raises is one too
            problems.append(f"{place}: {error}")
        except ValueError as error:  # other bytes
            problems.append(f"{place}: {error}")
            hint = ""
        else:
            return
    if mirror := os.environ.get(MIRROR):
        hint = f"\n{MIRROR} is {mirror!r}, which comes first"
    listed = "\n".join(f"  {problem}" for problem in problems)
    raise UserError(f"{remote.name} could not be fetched:\n{listed}{hint}")


def _places(remote: Remote) -> Iterator[str]:
    if mirror := os.environ.get(MIRROR):
        yield f"{mirror.rstrip('/')}/{remote.name}"
    yield from remote.places


def _from_address(address: str, remote: Remote, folder: Path) -> None:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        registry = pooch.create(
            path=scratch,
            base_url="",
            registry={remote.name: None},  # checked below, where the file is still there to look at
            urls={remote.name: address},
            retry_if_failed=_TRIES - 1,
        )
        get = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT, chunk_size=2**20)
        draft = Path(registry.fetch(remote.name, downloader=get))
        _accept(draft, remote, folder)


def _from_path(path: str, remote: Remote, folder: Path) -> None:
    """Copy a file, then check the copy: the original may be changed at any time."""
    source = Path(path).expanduser()
    if not source.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {source.parent}")
    if not source.is_file():
        problem = mistaken(source) if source.is_dir() else "the folder is there, and no such file in it"
        raise FileNotFoundError(problem)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        _accept(shutil.copyfile(source, Path(scratch) / remote.name), remote, folder)


def _accept(draft: Path, remote: Remote, folder: Path) -> None:
    """Give a file its final name, if it is the right one."""
    if problem := remote.mismatch(draft):
        raise ValueError("; ".join(filter(None, (problem, mistaken(draft)))))
    draft.replace(folder / remote.name)
