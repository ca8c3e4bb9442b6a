"""Whether a dataset larger than memory works: the resident memory of preparing it and of one epoch.

    python benchmarks/large.py [--images 50000] [--image-size 224] [--batch-size 32]
                               [--architecture mobilenet_v3_small] [--threads CORES] [--folder SCRATCH]

Generates the images (JPEG, noise on smooth patches), fetches, prepares and trains one epoch, each
in a process of its own, and prints each one's time and the most memory that it ever held
(ru_maxrss). Needs some 10 GB of disk. What training holds goes with the batch, whose activations it
keeps, and with the network, not with the number of images: a light one shows what the data costs.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = 10
SPEC = {
    "dataset": "large",
    "train_size": None,
    "weights": "random",
    "label": "scratch",
    "strategy": "scratch",
    "augmentation": "none",
    "seed": 0,
    "device": "cpu",
}
HYPERPARAMETERS = {
    "epochs": 1,
    "optimizer": "adamw",
    "lr": 0.001,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "constant",
}


def generate(folder: Path, number: int, side: int) -> None:
    """Write one image."""
    rng = np.random.default_rng(number)
    rough = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    label = f"class_{number % CLASSES}"
    rough.resize((side + 32, side), Image.Resampling.BICUBIC).save(folder / label / f"{number}.jpg")


def measured(name: str, *command: str) -> None:
    """Run a process of convbench; print its time and its peak of resident memory."""
    start = time.perf_counter()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "convbench", *command], os.environ)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - start
    print(f"{name}: {took:.0f} s, at most {usage.ru_maxrss * 1024 / 1e9:.2f} GB resident", flush=True)
    if status:
        sys.exit(f"{name} failed")


def main() -> None:
    """Generate, fetch, prepare, train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--architecture", default="mobilenet_v3_small")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as root, chdir(root):
        source = Path(root) / "source"
        for label in range(CLASSES):
            (source / f"class_{label}").mkdir(parents=True)
        with ProcessPoolExecutor(options.threads) as workers:
            count = options.images
            list(
                workers.map(
                    generate, [source] * count, range(count), [options.image_size] * count, chunksize=500
                )
            )
        Path("data.dvc").write_text("outs: []\n")
        settings = json.dumps({"layout": "folder", "source": [str(source)]})
        size = str(options.image_size)
        workers = str(options.threads)
        measured("fetch", "fetch", "large", "--settings", settings)
        measured(
            "prepare",
            *("prepare", "--dataset", "large", "--settings", settings, "--image-size", size),
            *("--resize", "stretch", "--workers", workers, "--out", "prepared"),
        )
        print(f"images.npy: {Path('prepared/images.npy').stat().st_size / 1e9:.1f} GB")
        own = {
            "architecture": options.architecture,
            "image_size": options.image_size,
            "threads": options.threads,
            "hyperparameters": {**HYPERPARAMETERS, "batch_size": options.batch_size},
        }
        spec, out = json.dumps({**SPEC, **own}), "run/metrics.json"
        measured("one epoch", "train", "--spec", spec, "--prepared", "prepared", "--out", out)
        print(Path("run/metrics.json").read_text())


if __name__ == "__main__":
    main()
