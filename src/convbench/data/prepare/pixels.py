"""Pixels of many images on disk: choose some, and measure the channels."""

import math
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def keep(draft: Path, rows: np.ndarray, path: Path) -> None:
    """Write the chosen rows of ``draft`` to ``path``; all of them, by renaming it."""
    pixels = np.load(draft, mmap_mode="r")
    if len(rows) == len(pixels):
        draft.replace(path)
        return
    shape = (len(rows), *pixels.shape[1:])
    offset = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape).offset
    with path.open("r+b") as file:
        file.seek(offset)
        for block in _blocks(pixels, rows):
            file.write(block.tobytes())


def channels(pixels: np.ndarray, rows: np.ndarray) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation of each channel, in [0, 1], from exact integer sums."""
    counts = np.zeros((3, 256), dtype=np.int64)
    for block in _blocks(pixels, rows):
        strip = Image.fromarray(block.reshape(-1, block.shape[2], 3))
        counts += np.array(strip.histogram(), dtype=np.int64).reshape(3, 256)
    moments = [_moments(count.tolist()) for count in counts]
    return [mean for mean, _ in moments], [deviation for _, deviation in moments]


def _moments(counts: Sequence[int]) -> tuple[float, float]:
    """Return mean and standard deviation, in [0, 1], of values 0 to 255; rounded once, at the end."""
    number = sum(counts)
    total = sum(value * count for value, count in enumerate(counts))
    squares = sum(value**2 * count for value, count in enumerate(counts))
    variance = (number * squares - total**2) / (255 * number) ** 2
    return total / (255 * number), math.sqrt(max(variance, 1e-12))


def _blocks(pixels: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield copies of the chosen rows, some 32 MB at a time; what was read does not stay in memory."""
    count = max(1, 2**25 // pixels[0].nbytes) if len(pixels) else 1
    for start in range(0, len(rows), count):
        yield pixels[rows[start : start + count]]
        if isinstance(pixels.base, mmap.mmap):
            pixels.base.madvise(mmap.MADV_DONTNEED)
