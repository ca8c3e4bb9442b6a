"""Thumbnails of dataset images."""

import io
from base64 import b64encode
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from PIL import Image

_SIDE, _GAP = 72, 4  # pixels
_HEAT = 0.55  # weight of a class activation map over its image, where it is strongest


@dataclass(frozen=True)
class Strip:
    """A row of small pictures with a caption."""

    caption: str
    source: str
    """The picture, as a data URI."""
    alt: str


def strip(images: np.ndarray) -> str:
    """Lay images uint8 ``[n, S, S, 3]`` side by side; return a PNG as a data URI."""
    return sheet(images, columns=len(images), side=_SIDE)


def sheet(images: np.ndarray, columns: int, side: int) -> str:
    """Lay images uint8 ``[n, S, S, 3]`` out in rows, each ``side`` pixels wide.

    Returns a PNG as a data URI.
    """
    rows = -(-len(images) // columns)
    step = side + _GAP
    paper = Image.new("RGB", (columns * step - _GAP, rows * step - _GAP), "white")
    how = Image.Resampling.NEAREST if images.shape[1] < side else Image.Resampling.BILINEAR
    for place, image in enumerate(images):
        at = (place % columns * step, place // columns * step)
        paper.paste(Image.fromarray(image).resize((side, side), how), at)
    file = io.BytesIO()
    paper.save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def kernels(filters: np.ndarray) -> np.ndarray:
    """Return kernels float ``[O, C, K, K]`` as images uint8 ``[O, K, K, 3]``.

    Each is scaled to its own range. Kernels with three channels are shown in colour, others as the mean
    over their channels, in grey.
    """
    shown = filters if filters.shape[1] == 3 else filters.mean(axis=1, keepdims=True).repeat(3, axis=1)
    return _bytes(_stretched(shown)).transpose(0, 2, 3, 1)


def heat(maps: np.ndarray) -> np.ndarray:
    """Return maps float ``[n, h, w]`` as images uint8 ``[n, h, w, 3]``; high values are bright.

    Each map is scaled to its own range.
    """
    return _bytes(mpl.colormaps["viridis"](_stretched(maps))[..., :3])


def overlaid(image: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Lay a map in [0, 1] ``[S, S]`` over a grey image uint8 ``[S, S, 3]``; high values are bright."""
    grey = np.asarray(Image.fromarray(image).convert("L"), float)[..., None] / 255
    colour = mpl.colormaps["inferno"](strength)[..., :3]
    return _bytes((1 - _HEAT) * grey + _HEAT * colour)


def _stretched(values: np.ndarray) -> np.ndarray:
    """Scale each of ``values`` ``[n, ...]`` to [0, 1]; one that is constant to 0."""
    axes = tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    return np.asarray((values - low) / np.maximum(high - low, 1e-12))


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.asarray((values * 255).round(), np.uint8)
