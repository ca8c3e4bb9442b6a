"""Print a digest of all that reaches a run's numbers, a line each, as a portable grid computes it.

    python tests/portable/digests.py [PATTERN]

Two processors that print the same lines compute the same bits. Images are small and steps are few: under
an emulator, a step takes a hundred times as long, which grows faster than the images' area.
"""

from convbench.portable import cap

cap()

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from convbench.augment import AUGMENTS, augmentation_of
from convbench.config.spec import Budget, Optimisation, RunSpec
from convbench.data.base import Listing, Sample, Splitting
from convbench.data.digits import DIGITS
from convbench.data.images import decode
from convbench.data.letters import _draw
from convbench.data.prepared import Prepared, open_prepared
from convbench.data.preparing import Settings, prepare
from convbench.data.splits import nested_draw
from convbench.engine import range_test as range_tests
from convbench.engine.evaluate import evaluate
from convbench.models.weights import save_weights
from convbench.seeding import generator
from convbench.stages.cell import Cell, assemble

CPU = torch.device("cpu")
SIDE = 8
SCRATCH = tempfile.TemporaryDirectory()  # gone when the process ends
WORK = Path(SCRATCH.name)
BODY = {"body_lr": 0.001}

Recipe = Mapping[str, object]
Part = torch.Tensor | np.ndarray | float | str
Case = Callable[[], list[Part]]


def digest(parts: list[Part]) -> str:
    """Return what the bits of ``parts`` are called."""
    found = hashlib.sha256()
    for part in parts:
        value = part.detach().numpy() if isinstance(part, torch.Tensor) else part
        found.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return found.hexdigest()[:16]


@cache
def photographs() -> list[Path]:
    """Cut two photographs into 42 pieces of several sizes, JPEG and PNG in turn."""
    from sklearn import datasets

    files = sorted((Path(datasets.__file__).parent / "images").glob("*.jpg"))
    whole = [Image.open(file).convert("RGB") for file in files]
    paths = []
    for number in range(30):
        left, top = 13 * number % 500, 37 * number % 300
        piece = whole[number % 2].crop((left, top, left + 40 + number, top + 90 - number))
        paths.append(WORK / f"{number:02}{('.jpg', '.png')[number % 3 == 0]}")
        piece.save(paths[-1], quality=80)
    return paths


def prepared(name: str, side: int, resize: str, *, several: bool = False) -> Prepared:
    """Prepare the photographs, divided by one label each, or by several."""
    folder = WORK / name
    if not folder.exists():
        folder.mkdir()
        samples = [
            Sample(
                path.name,
                _labels(row) if several else min(row % 5, 2),
                None,
                partial(Image.open, path),
            )
            for row, path in enumerate(photographs())
        ]
        how = Settings(side, resize, Splitting(), None, None, skip_bad=False, refuse_leaks=False)
        prepare("photographs", Listing(("a", "b", "c"), samples), several, how, "pin", folder)
    return open_prepared(folder)


def _labels(row: int) -> tuple[int, ...]:
    return tuple(label for label in range(3) if row >> label & 1)


def of_prepared(name: str, side: int, resize: str, *, several: bool = False) -> list[Part]:
    """Return pixels, labels, splits and normalisation of prepared photographs."""
    data = prepared(name, side, resize, several=several)
    return [data.pixels, data.labels, str(data.splits.tolist()), *data.card.mean, *data.card.std]


def of_letters() -> list[Part]:
    """Return letters as they are drawn."""
    draw = np.random.Generator(np.random.PCG64(0))
    return [_draw(letter, draw) for letter in "AgΩЖ" for _ in range(8)]


def of_digits() -> list[Part]:
    """Return digits as they are listed and decoded, their splits, and what a task draws of them."""
    raw = WORK / "digits"
    raw.mkdir()
    DIGITS.fetch(raw)
    samples = DIGITS.read(raw, WORK).samples
    train = np.array([sample.label for sample in samples if sample.split == "train"])
    shown = [decode(sample.load(), SIDE, "stretch").pixels for sample in samples[::20]]
    splits = str([sample.split for sample in samples])
    return [*shown, splits, nested_draw(train, 50, "digits", "draw", 0)]


def of_decoded(resize: str) -> list[Part]:
    """Return photographs at two sizes, with the thumbnails that duplicates are found with."""
    seen = [decode(Image.open(path), side, resize) for path in photographs()[:12] for side in (20, 48)]
    return [pixels for each in seen for pixels in (each.pixels, each.thumb)]


def of_augmentation(name: str) -> list[Part]:
    """Return a batch of photographs, and their targets, after an augmentation."""
    data = prepared("stretch", SIDE, "stretch")
    images = torch.from_numpy(data.pixels[:24].copy()).permute(0, 3, 1, 2).float() / 255
    changed, targets = augmentation_of(name).apply(images, torch.eye(24), generator("draw", name))
    return [changed.contiguous(), targets]


def spec_of(
    network: str,
    method: str,
    augmentation: str,
    channels: int,
    epochs: int,
    settings: Recipe,
) -> RunSpec:
    """Describe a short run on the photographs."""
    recipe = {
        "optimizer": "adamw",
        "lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "schedule": "cosine",
    }
    return RunSpec(
        dataset="photographs",
        train_size=None,
        image_size=SIDE,
        architecture=network,
        weights="random" if method == "scratch" else "photographs",
        strategy=method,
        method=method,
        augmentation=augmentation,
        seed=0,
        budget=Budget(epochs=epochs, batch_size=8),
        optimisation=Optimisation(**recipe | settings),
        threads=1,
        device="cpu",
        channels=channels,
        gradient_norms=True,
        portable=True,
    )


def cell_of(spec: RunSpec, *, several: bool = False) -> Cell:
    """Put a run together."""
    data = prepared("labels", SIDE, "crop", several=True) if several else prepared("crop", SIDE, "crop")
    weights = None if spec.weights == "random" else pretrained(spec.architecture)
    return assemble(spec, data, CPU, weights, spec.optimisation.lr)


@cache
def pretrained(network: str) -> Path:
    """Write weights for others to start from: another seed's, before training."""
    spec = spec_of(network, "scratch", "none", 3, 1, {}).model_copy(update={"seed": 1})
    cell = cell_of(spec)
    path = WORK / f"{network}.safetensors"
    save_weights(path, cell.network.state_dict(), cell.normalisation)
    return path


def of_training(
    network: str = "simple_cnn",
    method: str = "scratch",
    augmentation: str = "none",
    *,
    channels: int = 3,
    epochs: int = 1,
    perturbation: float = 0.0,
    several: bool = False,
    **settings: object,
) -> list[Part]:
    """Return a short run's history, its weights, and what they say of the test images."""
    spec = spec_of(network, method, augmentation, channels, epochs, settings)
    cell = cell_of(spec.model_copy(update={"perturbation": perturbation}), several=several)
    trainer = cell.trainer
    history: list[Part] = []
    for epoch in trainer.epochs():
        history += [
            epoch.lr,
            epoch.train_loss,
            epoch.val_loss,
            epoch.val_score,
            str(epoch.gradient_norms),
        ]
    said = evaluate(trainer.result, cell.test, trainer.standardise, trainer.objective)
    return [*history, *trainer.result.state_dict().values(), said.probabilities, said.loss]


def of_range_test() -> list[Part]:
    """Return the curve of a range test."""
    cell = cell_of(spec_of("simple_cnn", "scratch", "none", 3, 1, {}))
    range_tests.STEPS = 4
    found = range_tests.range_test(cell.trainer, lambda lr: cell.phases_at(lr)[-1])
    return [*found.losses, found.chosen]


def cases() -> Iterator[tuple[str, Case]]:
    """Yield everything that is computed, with its name."""
    yield "data/letters", of_letters
    yield "data/digits", of_digits
    for resize in ("stretch", "crop"):
        yield f"data/decoded/{resize}", lambda resize=resize: of_decoded(resize)
        yield f"data/prepared/{resize}", lambda resize=resize: of_prepared(resize, SIDE, resize)
    yield "data/prepared/labels", lambda: of_prepared("labels", SIDE, "crop", several=True)
    for name in (*AUGMENTS, "random_resized_crop+mirror"):
        yield f"augmentation/{name}", lambda name=name: of_augmentation(name)
    for network, methods in _NETWORKS.items():
        for method in methods:
            settings = _STRATEGIES[method]
            yield f"{network}/{method}", lambda n=network, m=method, s=settings: of_training(n, m, **s)
    for name, settings in _RECIPES.items():
        yield f"recipe/{name}", lambda s=settings: of_training(**s)
    yield "range test", of_range_test


_STRATEGIES: Mapping[str, Recipe] = {
    "scratch": {},
    "feature_extraction": {},
    "fine_tune": BODY,
    "fine_tune_last_1": BODY,
    "probe_then_fine_tune": {**BODY, "probe_epochs": 1, "probe_lr": 0.01, "epochs": 2},
    "gradual_unfreeze": {**BODY, "unfreeze_every": 1, "epochs": 2},
    "evaluate": {},
}
_NETWORKS = {
    "simple_cnn": list(_STRATEGIES),
    "resnet20": ["scratch", "feature_extraction", "fine_tune"],
    "plain20": ["scratch"],
}
_RECIPES: Mapping[str, Recipe] = {
    "sgd": {"optimizer": "sgd", "lr": 0.05},
    "perturbation": {"perturbation": 1e-7},
    "constant": {"schedule": "constant"},
    "step": {"schedule": "step", "epochs": 2},
    "one_cycle": {"schedule": "one_cycle"},
    "warm-up": {"warmup_epochs": 0.5},
    "dropout": {"dropout": 0.3},
    "label smoothing": {"label_smoothing": 0.1},
    "clipping": {"clip_norm": 0.5},
    "averaging": {"ema": 0.9},
    "class weights": {"class_weights": "balanced"},
    "layer decay": {"method": "fine_tune", "layer_decay": 0.5, **BODY},
    "grey": {"channels": 1},
    "augmented": {"augmentation": "affine"},
    "mixed": {"augmentation": "crop_flip+mixup"},
    "several labels": {"several": True},
    "several labels, smoothed, weighted and mixed": {
        "several": True,
        "label_smoothing": 0.1,
        "class_weights": "balanced",
        "augmentation": "mixup",
    },
}


def main(pattern: str = "*") -> None:
    """Print a line a case whose name fits ``pattern``."""
    torch.set_num_threads(1)
    for name, case in cases():
        if fnmatchcase(name, pattern):
            print(f"{digest(case())}  {name}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
