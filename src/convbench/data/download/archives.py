"""Unpack archives that somebody else made: nothing lands outside the folder, nothing swamps the disk.

No link is ever made: what one names is copied in its place. So no name leads anywhere else.
"""

import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from os.path import relpath
from pathlib import Path, PurePosixPath
from typing import IO

from convbench.errors import UserError

_FACTOR, _FLOOR = 100, 2**30
"""An archive may unpack to 100 times its size, or to 1 GiB if that is more: images hardly shrink."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar file, compressed or not, into ``folder``, which holds no links.

    Raises ``UserError`` for a member with an absolute path or ``..``, a link to anything but a file in
    it, a device, for one that holds far more than its size lets expect, and for a damaged one.
    """
    limit = max(_FLOOR, _FACTOR * archive.stat().st_size)
    room = shutil.disk_usage(folder).free
    with _told(archive, folder):
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder, limit, room)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, folder, limit, room)
        else:
            raise UserError(f"{archive} is neither a zip nor a tar file, or it is damaged")


@contextmanager
def _told(archive: Path, folder: Path) -> Iterator[None]:
    """Say what an archive's errors mean."""
    try:
        yield
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        name = relpath(error.filename, folder)
        raise UserError(
            f"{archive} is damaged: a file and a folder in it have one name, at {name!r}"
        ) from error
    except RuntimeError as error:  # a password, or a compression that Python does not know
        raise UserError(f"{archive} cannot be unpacked: {error}") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, LZMAError) as error:
        raise UserError(f"{archive} is damaged: {error}") from error
    except OSError as error:
        what = "is damaged" if error.errno is None else "cannot be unpacked"  # gzip and bzip2 give none
        raise UserError(f"{archive} {what}: {error}") from error


def _unpack_zip(archive: Path, folder: Path, limit: int, room: int) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        _check_total(sum(member.file_size for member in members), limit, room, archive)
        for member in members:
            _check_name(member.filename, archive)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _unsafe(archive, f"the link {member.filename!r}")
            packed.extract(member, folder)


def _unpack_tar(archive: Path, folder: Path, limit: int, room: int) -> None:
    links: dict[str, str] = {}
    total = 0
    with tarfile.open(archive) as packed:
        for member in packed:
            total += member.size
            _check_total(total, limit, room, archive)
            _check_name(member.name, archive)
            name = posixpath.normpath(member.name)
            links.pop(name, None)  # the later one of two is meant
            if member.issym() or member.islnk():
                links[name] = _target(member)
            elif member.isdir():
                (folder / name).mkdir(parents=True, exist_ok=True)
            elif (content := packed.extractfile(member)) is not None:
                _write(content, folder / name)
            else:
                raise _unsafe(archive, f"{name!r}, which is neither a file nor a folder")
        _check_end(packed)
    for name in links:
        source = _followed(name, links, folder, archive)
        total += source.stat().st_size
        _check_total(total, limit, room, archive)
        with source.open("rb") as content:
            _write(content, folder / name)


def _write(content: IO[bytes], path: Path) -> None:
    """Write one file: tarfile's own way takes longer, for owners and times that nobody asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _target(link: tarfile.TarInfo) -> str:
    """Return the name in the archive of what a link leads to."""
    folder = posixpath.dirname(link.name) if link.issym() else ""
    return posixpath.normpath(posixpath.join(folder, link.linkname))


def _followed(name: str, links: dict[str, str], folder: Path, archive: Path) -> Path:
    """Return the unpacked file that a link leads to, possibly over others."""
    target, seen = links[name], {name}
    while target in links and target not in seen:
        seen.add(target)
        target = links[target]
    if _leaves(target) or not (folder / target).is_file():
        raise _unsafe(archive, f"the link {name!r} to {links[name]!r}, which is no file in it")
    return folder / target


def _check_end(packed: tarfile.TarFile) -> None:
    """Refuse an archive that was cut short: tarfile takes what looks like no member for the end."""
    assert packed.fileobj is not None
    packed.fileobj.seek(packed.offset)
    if packed.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError("it ends in the middle of a member")
    while packed.fileobj.read(2**20):  # to the compression's own checksum, which is at the very end
        pass


def _check_total(total: int, limit: int, room: int, archive: Path) -> None:
    if total > limit:
        raise UserError(
            f"{archive} is not safe to unpack: {archive.stat().st_size:,} bytes that hold more than "
            f"{limit:,}"
        )
    if total > room:
        raise UserError(f"{archive} holds more than the {room:,} bytes that are free on this disk")


def _check_name(name: str, archive: Path) -> None:
    if _leaves(name):
        raise _unsafe(archive, repr(name))


def _leaves(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]) or "\0" in name


def _unsafe(archive: Path, what: str) -> UserError:
    return UserError(f"{archive} is not safe to unpack: it holds {what}")


def pack(files: dict[str, Path], archive: Path) -> None:
    """Write ``files``, name to path, into a tar file whose bytes depend on names and contents alone."""
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as packed:
        for name in sorted(files):
            with files[name].open("rb") as content:
                entry = tarfile.TarInfo(name)
                entry.size = files[name].stat().st_size
                packed.addfile(entry, content)
