"""Shared code of the datasets that can be downloaded."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from convbench.data.download.archives import unpack
from convbench.data.download.remote import Remote, download
from convbench.errors import UserError


def fetch(*remotes: Remote) -> Callable[[Path], None]:
    """Return a function that downloads ``remotes`` into a folder."""

    def fill(folder: Path) -> None:
        for remote in remotes:
            download(remote, folder)

    return fill


def unpacked(raw: Path, scratch: Path, wanted: str) -> Path:
    """Return the folder that holds ``wanted``, a name with possible ``*``, in ``raw`` or its archives.

    An archive in an archive is unpacked too: Kaggle zips what was zipped before. Raises ``UserError``
    where it is nowhere.
    """
    if found := _folder_of(raw, wanted):
        return found
    waiting = [path for path in sorted(raw.rglob("*")) if _is_packed(path)]
    while waiting:
        archive = waiting.pop()
        target = Path(tempfile.mkdtemp(dir=scratch))
        unpack(archive, target)
        if archive.is_relative_to(scratch):
            archive.unlink()
        waiting += [path for path in sorted(target.rglob("*")) if _is_packed(path)]
    if found := _folder_of(scratch, wanted):
        return found
    shown = ", ".join(sorted(path.name for path in raw.iterdir())[:8]) or "nothing"
    raise UserError(
        f"{raw} should hold {wanted!r}, in a folder or an archive (zip, tar); it holds {shown}"
    )


def _folder_of(folder: Path, wanted: str) -> Path | None:
    found = [path for path in sorted(folder.rglob(wanted)) if "__MACOSX" not in path.parts]
    return min(found, key=lambda path: len(path.parts)).parent if found else None


def _is_packed(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith((".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz"))


def gather(root: Path, scratch: Path, parts: tuple[str, ...]) -> Path:
    """Return a folder with all of ``parts``: ``root``, or one into which they are moved together.

    An archive a part is how Kaggle hands some competitions out.
    """
    if all((root / part).exists() for part in parts):
        return root
    together = Path(tempfile.mkdtemp(dir=scratch))
    for part in parts:
        found = [path for path in sorted(scratch.rglob(part)) if not path.is_relative_to(together)]
        if not found and (root / part).exists():
            found = [root / part]
        if not found:
            raise UserError(f"there is no {part!r} beside {', '.join(p for p in parts if p != part)}")
        (shutil.move if found[0].is_relative_to(scratch) else _link)(str(found[0]), str(together / part))
    return together


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(Path(source).resolve())
