"""A folder of 500 images of which 20 are broken, or only unusual, in ten ways: what happens to each."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from convbench.commands.inspect import inspect
from convbench.config.datasets import DatasetSettings
from convbench.data.prepared import open_prepared
from convbench.errors import UserError
from convbench.jobs.fetch import fetch
from convbench.jobs.prepare import prepare
from tests.layouts.replicas import encoded, picture

CLASSES = ("ant", "bee", "cat", "dog", "elk")
REFUSED = {
    "ant/empty_{}.jpg": "the file is empty",
    "ant/truncated_{}.jpg": "truncated",
    "bee/text_{}.jpg": "not an image of a kind that is known here, whatever its name ends in",
    "bee/bomb_{}.png": "too large: Image size (900000000 pixels) exceeds limit",
}
READ = {
    "cat/animated_{}.gif": "the first frame of an animation",
    "cat/cmyk_{}.jpg": "",
    "cat/wide_{}.png": "",
    "dog/clear_{}.png": "laid on white",
    "dog/rotated_{}.jpg": "rotated as its EXIF tag says",
    "elk/ünïcode näme {} 漢字.jpg": "",
}
HALVES = np.repeat(np.array([40, 200], np.uint8), 20)


def _bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a kilobyte: its header says so, that is enough."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def _halves(n: int) -> Image.Image:
    """Draw what every image that can be read shows: dark on the left, bright on the right."""
    return Image.fromarray(np.tile(HALVES, (30, 1)) + np.uint8(n))


def _truncated(path: Path, n: int) -> None:
    content = encoded(picture(200, 200))
    path.write_bytes(content[: len(content) // 2])


def _clear(path: Path, n: int) -> None:
    shown = np.asarray(_halves(n).convert("RGBA")).copy()
    shown[15:, :, 3] = 0
    Image.fromarray(shown).save(path)


def _rotated(path: Path, n: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored rotated: a viewer rotates it by 90 degrees clockwise
    _halves(n).rotate(90, expand=True).save(path, exif=exif, quality=95)


WRITE = {
    "empty": lambda path, n: path.touch(),
    "truncated": _truncated,
    "text": lambda path, n: path.write_text("no image at all"),
    "bomb": lambda path, n: path.write_bytes(_bomb()),
    "animated": lambda path, n: _halves(n).save(
        path, save_all=True, append_images=[Image.new("L", (40, 30))]
    ),
    "cmyk": lambda path, n: _halves(n).convert("RGB").convert("CMYK").save(path, quality=95),
    "wide": lambda path, n: Image.fromarray(np.asarray(_halves(n)).astype(np.uint16) * 257).save(path),
    "clear": _clear,
    "rotated": _rotated,
    "ünïcode näme": lambda path, n: _halves(n).save(path, quality=95),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("own") / "animals"
    for label in CLASSES:
        (top / label).mkdir(parents=True)
        for n in range(96):
            picture(40, 30).save(top / label / f"{n}.jpg")
    for name in (*REFUSED, *READ):
        for n in range(2):
            path = top / name.format(n)
            next(write for kind, write in WRITE.items() if path.name.startswith(kind))(path, n)
    assert sum(path.is_file() for path in top.rglob("*")) == 500
    return top


@pytest.fixture
def settings(folder, project):
    return DatasetSettings(layout="folder", source=str(folder))


def test_everything_is_refused_with_the_whole_list(settings, project):
    fetch("animals", settings)

    with pytest.raises(UserError) as caught:
        prepare("animals", settings, 32, "stretch", 2, project / "prepared")

    message = str(caught.value)
    assert message.startswith("animals: 8 of 500 images cannot be read:")
    assert "on_bad_image: skip" in message
    lines = dict(line.strip().split(": ", 1) for line in message.splitlines()[1:9])
    for name, why in REFUSED.items():
        for n in range(2):
            assert why in lines[name.format(n)]
    assert not any((project / "prepared").rglob("*"))


@pytest.fixture(scope="module")
def skipped(folder, tmp_path_factory):
    """The folder prepared, what cannot be read left out."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("project")
        patch.chdir(root)
        (root / "data.dvc").write_text("outs: []\n")
        settings = DatasetSettings(layout="folder", source=str(folder), on_bad_image="skip")
        fetch("animals", settings)
        prepare("animals", settings, 32, "stretch", 2, root / "prepared")
    return root / "prepared"


def test_skipped_images_are_counted_and_named(skipped):
    card = open_prepared(skipped).card

    assert {each["source"] for each in card.skipped} == {
        name.format(n) for name in REFUSED for n in (0, 1)
    }
    assert sum(card.images.values()) == 492


def _pixels(skipped, name):
    index = pd.read_parquet(skipped / "index.parquet").set_index("source")
    return open_prepared(skipped).pixels[index.loc[name, "id"]].astype(int), index.loc[name, "note"]


@pytest.mark.parametrize("name", READ)
def test_unusual_images_come_out_right(name, skipped):
    for n in range(2):
        pixels, note = _pixels(skipped, name.format(n))
        shown = pixels[:14] if "clear" in name else pixels

        assert np.abs(shown[:, :14] - 40 - n).max() <= 6
        assert np.abs(shown[:, 18:] - 200 - n).max() <= 6
        assert note == READ[name]


def test_what_is_transparent_lies_on_white(skipped):
    pixels, _ = _pixels(skipped, "dog/clear_0.png")

    assert pixels[18:].min() >= 250


def test_inspecting_tells_the_same_before_anything_runs(folder, capsys):
    inspect(folder)

    printed = capsys.readouterr().out
    assert "500 images, 5 classes" in printed
    assert "8 images cannot be read" in printed
    assert "ant/empty_0.jpg: the file is empty" in printed
    assert "2 images are read as: rotated as its EXIF tag says" in printed
    assert f"    layout: folder\n    source: {folder}" in printed
