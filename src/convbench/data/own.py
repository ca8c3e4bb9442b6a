"""A user's own dataset, as a config describes it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from convbench.config.datasets import DatasetSettings, Layout, basename, is_address, is_archive
from convbench.data.base import Dataset, Listing
from convbench.data.download.archives import pack, unpack
from convbench.data.download.remote import Remote, download
from convbench.data.layouts.folder import is_hidden, is_image, read_folder
from convbench.data.layouts.npz import read_npz
from convbench.data.layouts.table import TABLES, find_table, images_of, read_table
from convbench.errors import UserError

_PACKED = "files.tar"
"""What a folder of one's own is copied into: one file, which DVC pins, pushes and pulls at once."""


def own_dataset(name: str, settings: DatasetSettings) -> Dataset:
    """Return the dataset that a config calls ``name``."""
    assert settings.source is not None
    assert settings.layout is not None
    reader = _READERS[settings.layout]

    def fetch(folder: Path) -> None:
        assert settings.source is not None
        _check_kind(name, settings)
        if settings.sha256 is not None:
            remote = Remote(basename(settings.source[0]), f"sha256:{settings.sha256}", settings.source)
            download(remote, folder)
        else:
            open_listing(name, settings)
            pack(local_files(name, settings), folder / _PACKED)
            if settings.layout == "folder":
                _tell_left_out(Path(settings.source[0]).expanduser())

    def read(raw: Path, scratch: Path) -> Listing:
        listing = reader(raw, scratch, settings, name)
        if not listing.samples:
            raise UserError(f"{name}: there is no image in {raw}")
        return listing

    return Dataset(fetch=fetch, read=read, multi_label=None)


def _check_kind(name: str, settings: DatasetSettings) -> None:
    """Refuse a source that another layout reads, by what it is called, before anything is fetched."""
    assert settings.source is not None
    source, layout = settings.source[0], settings.layout
    ending = Path(basename(source)).suffix.lower()
    right = "medmnist" if ending == ".npz" else "table" if ending in TABLES else None
    if right not in (None, layout):
        raise UserError(f"{name}: 'layout: {layout}' cannot read {source}; 'layout: {right}' does")
    if layout == "medmnist" and right is None and (is_archive(source) or not is_address(source)):
        raise UserError(
            f"{name}: 'layout: medmnist' reads one .npz file, and {source} is none; a folder per class, "
            "or an archive of one, is 'layout: folder', images with a CSV file 'layout: table'"
        )


def open_listing(name: str, settings: DatasetSettings) -> Listing | None:
    """List a dataset that lies in a folder or beside a table; ``None``: it is an archive, or absent.

    Raises ``UserError`` for what could not be read later: a copy has no empty folders.
    """
    if settings.source is None or settings.is_archive:
        return None
    source = Path(settings.source[0]).expanduser()
    if settings.layout == "folder" and source.is_dir():
        return read_folder(source, name)
    if settings.layout == "table" and source.exists():
        table = find_table(source, settings, name) if source.is_dir() else source
        return read_table(table, settings, name)
    return None


def local_files(name: str, settings: DatasetSettings) -> dict[str, Path]:
    """Return the files of a dataset that lies in a folder or beside a table: name -> path.

    Raises ``UserError`` where there are none.
    """
    assert settings.source is not None
    source = Path(settings.source[0]).expanduser()
    if settings.layout == "table" and source.is_file():
        images = {image: source.parent / image for image in images_of(source, settings, name)}
        if absent := [image for image, path in images.items() if not path.is_file()]:
            raise UserError(
                f"{name}: {source} names {len(absent)} images that are not there: "
                + ", ".join(absent[:5])
            )
        return {source.name: source, **images}
    if not source.is_dir():
        kind = "a folder" if settings.layout == "folder" else "a file or a folder"
        raise UserError(f"{name}: source: {str(source)!r} is not {kind}")
    wanted = {
        path.relative_to(source).as_posix(): path
        for path in source.rglob("*")
        if path.is_file()
        and not any(is_hidden(Path(part)) for part in path.relative_to(source).parts)
        and (is_image(path) or settings.layout != "folder")
    }
    if not wanted:
        raise UserError(f"{name}: source: there is no image in {source}")
    return wanted


def _only_file(raw: Path) -> Path:
    return next(path for path in sorted(raw.iterdir()) if path.is_file() and not is_hidden(path))


def _tell_left_out(top: Path) -> None:
    """Say which files are no images that are read here, such as HEIC."""
    files = [path.relative_to(top) for path in sorted(top.rglob("*")) if path.is_file()]
    shown = [path for path in files if not any(is_hidden(Path(part)) for part in path.parts)]
    if others := [path.as_posix() for path in shown if not is_image(path)]:
        print(f"left out, as no images that are read here: {len(others)} files, such as {others[0]}")


def _read_folder(raw: Path, scratch: Path, settings: DatasetSettings, name: str) -> Listing:
    unpack(_only_file(raw), scratch)
    _tell_left_out(scratch)
    return read_folder(scratch, name)


def _read_table(raw: Path, scratch: Path, settings: DatasetSettings, name: str) -> Listing:
    unpack(_only_file(raw), scratch)
    return read_table(find_table(scratch, settings, name), settings, name)


def _read_npz(raw: Path, scratch: Path, settings: DatasetSettings, name: str) -> Listing:
    return read_npz(_only_file(raw), None)


_READERS: Mapping[Layout, Callable[[Path, Path, DatasetSettings, str], Listing]] = {
    "folder": _read_folder,
    "table": _read_table,
    "medmnist": _read_npz,
}
