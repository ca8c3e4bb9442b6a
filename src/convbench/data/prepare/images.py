"""Decode an image file of any kind into a square of RGB bytes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from convbench.config.spec import Resize

SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"]
)
THUMB = 32  # side of the grey thumbnail that duplicates are found with
_GAP = 2  # what is this many times larger than needed is first shrunk in a quick way


@dataclass(frozen=True)
class Decoded:
    """An image as training sees it, and what it was before."""

    pixels: np.ndarray
    """uint8 ``[side, side, 3]``."""
    thumb: np.ndarray
    """uint8 ``[32, 32]``: the middle square in grey."""
    width: int
    """Pixels, as stored in the file."""
    height: int
    mode: str
    """Pillow's name of the pixel format: ``RGB``, ``L``, ``CMYK``, ``I;16``."""
    note: str
    """What had to be decided to read it; empty for most."""


def open_image(path: Path) -> Image.Image:
    """Open an image file; its pixels are decoded later."""
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    return Image.open(path)


def decode(image: Image.Image, side: int, resize: Resize) -> Decoded:
    """Return an opened image as a square of ``side`` pixels; raise whatever its decoder raises."""
    width, height, mode = image.width, image.height, image.mode
    notes = ["the first frame of an animation"] if getattr(image, "is_animated", False) else []
    least = _GAP * max(side, THUMB)
    image.draft(None, (least, least))  # for a JPEG, far faster than decoding what is thrown away next
    rotated = image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)
    upright = ImageOps.exif_transpose(image)
    if rotated:
        notes.append("rotated as its EXIF tag says")
    rgb = to_rgb(upright)
    if _is_transparent(upright):
        notes.append("laid on white")
    square = _middle_square(rgb)
    box = square if resize == "crop" else None
    return Decoded(
        pixels=np.asarray(rgb.resize((side, side), Image.Resampling.BILINEAR, box=box)),
        thumb=np.asarray(rgb.resize((THUMB, THUMB), box=square, reducing_gap=_GAP).convert("L")),
        width=width,
        height=height,
        mode=mode,
        note=", ".join(notes),
    )


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to 8-bit RGB.

    16-bit grey is scaled from 0..65535, not clipped at 255; what is transparent lies on white, where
    the colours below it are anybody's guess. Raises ``ValueError`` for values without an agreed range.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        wide = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((wide + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError(
            f"pixels of mode {image.mode} have no agreed range; save 8 or 16 bits a channel"
        )
    if _is_transparent(image):
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def reason(error: Exception) -> str:
    """Say in a user's words why an image could not be decoded."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "not an image of a kind that is known here, whatever its name ends in"
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: {str(error).partition(' could be')[0]}"
    return str(error) or type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what decoders warn of: an image is decoded or refused, and reported either way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _middle_square(image: Image.Image) -> tuple[float, float, float, float]:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return left, top, left + side, top + side
