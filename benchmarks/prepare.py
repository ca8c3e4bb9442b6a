"""How long preparing an archive of images takes, against a plain loop with Pillow.

    python benchmarks/prepare.py ARCHIVE [--image-size 64] [--repeats 3]

Both unpack the archive, decode every image and resize it to a square array. convbench also keeps
what it found, finds near-duplicates and makes the splits. Times vary between machines and moments;
the ratio is of one run.
"""

import argparse
import os
import statistics
import tarfile
import tempfile
import time
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image

from convbench.config.datasets import DatasetSettings
from convbench.files import sha256
from convbench.jobs.fetch import fetch
from convbench.jobs.prepare import prepare


def plain(archive: Path, side: int, scratch: Path) -> int:
    """Decode an archive as a script would; return the number of images."""
    with tarfile.open(archive) as packed:
        packed.extractall(scratch, filter="data")
    paths = sorted(scratch.rglob("*.jpg"))
    images = np.empty((len(paths), side, side, 3), np.uint8)
    for row, path in enumerate(paths):
        with Image.open(path) as image:
            images[row] = np.asarray(
                image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
            )
    np.save(scratch / "images.npy", images)
    return len(paths)


def main() -> None:
    """Time both, in turns, and print the median of each and of their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    archive = options.archive.absolute()
    settings = DatasetSettings(layout="folder", source=str(archive), sha256=sha256(archive))
    loops, ours, count = [], [], 0
    with tempfile.TemporaryDirectory() as root, chdir(root):
        Path("data.dvc").write_text("outs: []\n")
        fetch("mine", settings)
        for repeat in range(options.repeats):
            with tempfile.TemporaryDirectory() as scratch:
                start = time.perf_counter()
                count = plain(archive, options.image_size, Path(scratch))
                loops.append(time.perf_counter() - start)
            start = time.perf_counter()
            prepare(
                "mine",
                settings,
                options.image_size,
                "stretch",
                os.cpu_count() or 1,
                Path(f"prepared{repeat}"),
            )
            ours.append(time.perf_counter() - start)
    ratio = statistics.median(loop / own for loop, own in zip(loops, ours, strict=True))
    print(
        f"{count} images to {options.image_size} px: plain loop {statistics.median(loops):.2f} s, "
        f"convbench prepare {statistics.median(ours):.2f} s, {ratio:.2f} times as fast"
    )


if __name__ == "__main__":
    main()
