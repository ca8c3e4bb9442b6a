"""Unpack archives that somebody else made: nothing lands outside the folder, nothing swamps the disk."""

import shutil
import stat
import tarfile
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from convbench.errors import UserError

_FACTOR, _FLOOR = 100, 2**30
"""An archive may unpack to 100 times its size, or to 1 GiB if that is more: images hardly shrink."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar file, compressed or not, into ``folder``.

    Raises ``UserError`` for a member with an absolute path or ``..``, a link out of the folder, a
    device, for one that holds far more than its size lets expect, and for a damaged one.
    """
    limit = max(_FLOOR, _FACTOR * archive.stat().st_size)
    room = shutil.disk_usage(folder).free
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder, limit, room)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, folder, limit, room)
        else:
            raise UserError(f"{archive} is neither a zip nor a tar file, or it is damaged")
    except tarfile.FilterError as error:
        raise UserError(f"{archive} is not safe to unpack: {error}") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, LZMAError) as error:
        raise UserError(f"{archive} is damaged: {error}") from error


def _unpack_zip(archive: Path, folder: Path, limit: int, room: int) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        _check_total(sum(member.file_size for member in members), limit, room, archive)
        for member in members:
            if _leaves(member.filename) or stat.S_ISLNK(member.external_attr >> 16):
                raise UserError(f"{archive} is not safe to unpack: it holds {member.filename!r}")
            packed.extract(member, folder)


def _unpack_tar(archive: Path, folder: Path, limit: int, room: int) -> None:
    with tarfile.open(archive) as packed:
        total = 0
        for member in packed:
            total += member.size
            _check_total(total, limit, room, archive)
            if _leaves(member.name):  # the filter would strip a leading slash in silence
                raise UserError(f"{archive} is not safe to unpack: it holds {member.name!r}")
            _extract(packed, member, folder)
        _check_end(packed)


def _extract(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member. tarfile takes twice as long, for owners and times that nobody asks for."""
    if member.isreg():
        content = packed.extractfile(member)
        assert content is not None
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
    else:
        packed.extract(member, folder, filter="data")


def _check_end(packed: tarfile.TarFile) -> None:
    """Refuse an archive that was cut short: tarfile takes what looks like no member for the end."""
    assert packed.fileobj is not None
    packed.fileobj.seek(packed.offset)
    if packed.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError("it ends in the middle of a member")


def _check_total(total: int, limit: int, room: int, archive: Path) -> None:
    if total > limit:
        raise UserError(
            f"{archive} is not safe to unpack: {archive.stat().st_size:,} bytes that hold more than "
            f"{limit:,}"
        )
    if total > room:
        raise UserError(f"{archive} holds more than the {room:,} bytes that are free on this disk")


def _leaves(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else False


def pack(files: dict[str, Path], archive: Path) -> None:
    """Write ``files``, name to path, into a tar file whose bytes depend on names and contents alone."""
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as packed:
        for name in sorted(files):
            with files[name].open("rb") as content:
                entry = tarfile.TarInfo(name)
                entry.size = files[name].stat().st_size
                packed.addfile(entry, content)
