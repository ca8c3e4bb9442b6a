"""Letters rendered from fonts, for pretraining offline in place of ImageNet.

Latin, Greek and Cyrillic letters, no digits, in the sixteen text faces that matplotlib ships (DejaVu
and STIX), each image with its own slant, angle, size, place, stroke and resolution. Letters that look
alike in most faces (Latin A, Greek Alpha, Cyrillic A; small and capital C) are listed once.
Pillow, with the FreeType in its wheel, and numpy's seeded generator draw them: the same versions give
the same bytes, which ``data.dvc`` pins.
"""

import math
from functools import cache, partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from convbench.data.base import Dataset, Listing, Sample, Split
from convbench.seeding import seed_of

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghijklmnpqrty"
_GREEK = "ΓΔΘΛΞΠΣΦΨΩαβγδεζηθλμξπρσφχψω"
_CYRILLIC = "БДЖЗИЙЛЦЧШЩЪЫЭЮЯбвжк"
_ALPHABET = _LATIN + _GREEK + _CYRILLIC
_FACES = tuple(
    f"DejaVu{family}{style}.ttf"
    for family, styles in {
        "Sans": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "SansMono": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Serif": ("", "-Bold", "-Italic", "-BoldItalic"),
    }.items()
    for style in styles
) + tuple(f"STIXGeneral{style}.ttf" for style in ("", "Bol", "Italic", "BolIta"))

_PER_CLASS: dict[Split, int] = {"train": 80, "val": 10, "test": 10}
_SIDE = 32  # pixels of a stored image
_CANVAS = 64  # pixels that a letter is drawn on before it is slanted, rotated and shrunk


def _fetch(folder: Path) -> None:
    """Draw every letter and write images, labels and splits as arrays."""
    per_class = sum(_PER_CLASS.values())
    images = np.empty((len(_ALPHABET), per_class, _SIDE, _SIDE), np.uint8)
    for label, letter in enumerate(_ALPHABET):
        rng = np.random.Generator(np.random.PCG64(seed_of("letters", letter)))
        for number in range(per_class):
            images[label, number] = _draw(letter, rng)
    np.save(folder / "images.npy", images.reshape(-1, _SIDE, _SIDE))
    np.save(folder / "labels.npy", np.repeat(np.arange(len(_ALPHABET), dtype=np.uint8), per_class))


def _draw(letter: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one image: uint8 [32, 32], white on black."""
    glyph = _glyph(letter, _FACES[rng.integers(len(_FACES))], int(rng.integers(4)))
    angle, slant = math.radians(rng.uniform(-15, 15)), rng.uniform(-0.3, 0.3)
    width, height = rng.uniform(0.75, 1.15, 2)
    across, down = rng.uniform(-5, 5, 2)
    resolution = int(rng.choice([8, 8, 10, 12, 16, 32]))
    forward = (
        np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        @ np.array([[1, slant], [0, 1]])
        @ np.diag([width, height])
    )
    back = np.linalg.inv(forward)
    middle = np.full(2, _CANVAS / 2)
    shift = middle - back @ (middle + np.array([across, down]))
    coefficients = (*back[0], shift[0], *back[1], shift[1])
    image = glyph.transform(glyph.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    image = image.resize((resolution, resolution), Image.Resampling.BOX)
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))


def face_path(face: str) -> Path:
    """Return the file of one of matplotlib's fonts."""
    from matplotlib import get_data_path  # here: every training would wait for it

    return Path(get_data_path()) / "fonts" / "ttf" / face


@cache
def _glyph(letter: str, face: str, stroke: int) -> Image.Image:
    """Draw a letter upright in the middle of the canvas, its outline thickened by ``stroke``."""
    canvas = Image.new("L", (_CANVAS, _CANVAS))
    font = ImageFont.truetype(face_path(face), 56, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = font.getbbox(letter, stroke_width=stroke)
    place = ((_CANVAS - right - left) / 2, (_CANVAS - bottom - top) / 2)
    ImageDraw.Draw(canvas).text(place, letter, fill=255, font=font, stroke_width=stroke)
    return canvas


def _read(raw: Path, scratch: Path) -> Listing:
    """List the images letter by letter; each letter's last ones are for validation and test."""
    images = np.load(raw / "images.npy")
    labels = np.load(raw / "labels.npy")
    splits = [split for split, count in _PER_CLASS.items() for _ in range(count)]
    samples = [
        Sample(
            f"images.npy[{row}]",
            int(label),
            splits[row % len(splits)],
            partial(Image.fromarray, image),
        )
        for row, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    return Listing(tuple(_ALPHABET), samples)


LETTERS = Dataset(
    fetch=_fetch,
    read=_read,
    classes=tuple(_ALPHABET),
    train_images=len(_ALPHABET) * _PER_CLASS["train"],
    keeps=frozenset({"shift_and_scale", "small_rotation", "colour"}),
    modality="drawing",
)
