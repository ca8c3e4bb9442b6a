"""Decode many images at once, into one array on disk."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from convbench.config.spec import Resize
from convbench.data.base import Sample
from convbench.data.prepare.images import Decoded, decode, quiet, reason

_CHUNK = 64  # images that a thread decodes at a time


@dataclass(frozen=True)
class Facts:
    """What is kept of a decoded image besides its pixels; see ``Decoded``."""

    digest: str
    """SHA-256 of the pixels."""
    thumb: np.ndarray
    width: int
    height: int
    mode: str
    note: str


def decode_all(
    draft: Path, samples: Sequence[Sample], side: int, resize: Resize, workers: int
) -> list[Facts | str]:
    """Write every image to ``draft``, an array uint8 ``[N, side, side, 3]``, at its sample's row.

    Returns the facts of each image, or why it cannot be read. The number of ``workers`` changes no byte.

    Written as a file and not through its mapping, whose pages would count as memory of this process.
    """
    shape = (len(samples), side, side, 3)
    offset = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape).offset
    chunks = [range(at, min(at + _CHUNK, len(samples))) for at in range(0, len(samples), _CHUNK)]
    with draft.open("r+b", buffering=0) as file, quiet(), ThreadPoolExecutor(workers) as pool:
        work = partial(
            _decode_some, samples=samples, side=side, resize=resize, file=file.fileno(), offset=offset
        )
        return [each for some in pool.map(work, chunks) for each in some]


def _decode_some(
    rows: range, samples: Sequence[Sample], side: int, resize: Resize, file: int, offset: int
) -> list[Facts | str]:
    found: list[Facts | str] = []
    for row in rows:
        try:
            with samples[row].load() as image:
                decoded = decode(image, side, resize)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise anything on damaged bytes; all of it is reported
            found.append(reason(error))
            continue
        pixels = decoded.pixels.tobytes()
        os.pwrite(file, pixels, offset + row * len(pixels))
        found.append(_facts(decoded, pixels))
    return found


def _facts(image: Decoded, pixels: bytes) -> Facts:
    digest = hashlib.sha256(pixels).hexdigest()
    return Facts(digest, image.thumb, image.width, image.height, image.mode, image.note)
