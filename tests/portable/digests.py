"""Train a little in each way that the program knows, and print a digest of each: name, digest.

    python -m tests.portable.digests [PATTERN]

Two processors that print the same lines compute the same bits. One process does all of it: under an
emulator, importing torch takes longer than any of its trainings.
"""

import hashlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from convbench.portable import cap

cap()

import numpy as np  # noqa: E402 (once it is capped)
import torch  # noqa: E402
from PIL import Image  # noqa: E402

from convbench.augment import AUGMENTS  # noqa: E402
from convbench.config.spec import Budget, Optimisation, RunSpec  # noqa: E402
from convbench.data.base import Listing, Sample, Splitting  # noqa: E402
from convbench.data.digits import DIGITS  # noqa: E402
from convbench.data.images import decode  # noqa: E402
from convbench.data.letters import _draw  # noqa: E402
from convbench.data.prepared import Prepared, open_prepared  # noqa: E402
from convbench.data.preparing import Settings, prepare  # noqa: E402
from convbench.engine import range_test as range_tests  # noqa: E402
from convbench.models.weights import save_weights  # noqa: E402
from convbench.stages.cell import Cell, assemble  # noqa: E402
from convbench.stages.train import _evaluate  # noqa: E402

SIDE, IMAGES, BATCH = 8, 25, 8
NETWORKS = ("simple_cnn", "resnet20", "plain20")
RECIPE = {
    "optimizer": "adamw",
    "lr": 0.003,
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "schedule": "cosine",
}
STRATEGIES = {
    "feature_extraction": {},
    "fine_tune": {"body_lr": 0.001, "layer_decay": 0.7},
    "fine_tune_last_1": {"body_lr": 0.001},
    "probe_then_fine_tune": {"body_lr": 0.001, "probe_epochs": 1, "probe_lr": 0.01},
    "gradual_unfreeze": {"body_lr": 0.001, "unfreeze_every": 1},
}
RECIPES = {
    "sgd": {"optimizer": "sgd", "lr": 0.05},
    "constant": {"schedule": "constant"},
    "step": {"schedule": "step"},
    "one_cycle": {"schedule": "one_cycle", "warmup_epochs": 0.5},
    "ema": {"ema": 0.9},
    "clip_norm": {"clip_norm": 0.5},
    "label_smoothing": {"label_smoothing": 0.1},
    "class_weights": {"class_weights": "balanced"},
    "dropout": {"dropout": 0.3},
}


def _digest(*values: object) -> str:
    digest = hashlib.sha256()
    for value in values:
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _spec(architecture: str, strategy: str, augmentation: str = "none", **recipe: object) -> RunSpec:
    return RunSpec(
        dataset="digits",
        train_size=None,
        image_size=SIDE,
        architecture=architecture,
        weights="random" if strategy == "scratch" else "letters",
        strategy=strategy,
        method=strategy,
        augmentation=augmentation,
        seed=0,
        budget=Budget(
            epochs=2 if strategy in ("probe_then_fine_tune", "gradual_unfreeze") else 1, batch_size=BATCH
        ),
        optimisation=Optimisation(**{**RECIPE, **recipe}),
        threads=1,
        device="cpu",
        portable=True,
    )


def _cell(spec: RunSpec, data: Prepared, weights: Path | None = None) -> Cell:
    lr = spec.optimisation.lr
    assert not isinstance(lr, str)
    return assemble(spec, data, torch.device("cpu"), weights, lr)


def _trained(cell: Cell) -> str:
    """Train to the end; digest the weights, the losses, the gradients and what is said of test images."""
    epochs = list(cell.trainer.epochs())
    said = _evaluate(cell, cell.test)
    losses = [[epoch.train_loss, epoch.val_loss, epoch.val_score] for epoch in epochs]
    scores = [said.loss, *said.scores.values()]
    return _digest(*cell.trainer.result.state_dict().values(), losses, said.probabilities, scores)


class Digests:
    """What is tried, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = _prepared(folder / "digits")
        self.weights: dict[str, Path] = {}

    def tried(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield (
            "prepared/digits",
            lambda: self.data.card.digest[:16] + str(self.data.card.mean + self.data.card.std),
        )
        yield "prepared/letters", _letters
        yield "prepared/jpeg", _decoded
        yield "prepared/splits", self._splits
        for network in NETWORKS:
            yield f"train/{network}/scratch", lambda network=network: self._scratch(network)
        for strategy, recipe in STRATEGIES.items():
            spec = _spec("simple_cnn", strategy, **recipe)
            yield f"train/simple_cnn/{strategy}", lambda spec=spec: self._transferred(spec)
        for strategy in ("feature_extraction", "fine_tune"):
            spec = _spec("resnet20", strategy, **STRATEGIES[strategy])
            yield f"train/resnet20/{strategy}", lambda spec=spec: self._transferred(spec)
        for name, recipe in RECIPES.items():
            spec = _spec("simple_cnn", "scratch", "affine", **recipe)
            yield f"recipe/{name}", lambda spec=spec: _trained(_cell(spec, self.data))
        for name in AUGMENTS:
            spec = _spec("simple_cnn", "scratch", name)
            yield f"augmentation/{name}", lambda spec=spec: _trained(_cell(spec, self.data))
        grey = _spec("simple_cnn", "scratch").model_copy(update={"channels": 1})
        yield "recipe/grey", lambda: _trained(_cell(grey, self.data))
        moved = _spec("simple_cnn", "scratch").model_copy(update={"perturbation": 1e-7})
        yield "recipe/perturbation", lambda: _trained(_cell(moved, self.data))
        yield "recipe/several_labels", self._several_labels
        yield "recipe/range_test", self._range_test

    def _scratch(self, network: str) -> str:
        cell = _cell(_spec(network, "scratch", "affine"), self.data)
        digest = _trained(cell)
        self._keep(network, cell)
        return digest

    def _keep(self, network: str, cell: Cell) -> None:
        self.weights[network] = self.folder / f"{network}.safetensors"
        save_weights(self.weights[network], cell.network.state_dict(), cell.normalisation)

    def _transferred(self, spec: RunSpec) -> str:
        if spec.architecture not in self.weights:
            self._keep(spec.architecture, _cell(_spec(spec.architecture, "scratch"), self.data))
        return _trained(_cell(spec, self.data, self.weights[spec.architecture]))

    def _range_test(self) -> str:
        cell = _cell(_spec("simple_cnn", "scratch"), self.data)
        range_tests.STEPS = 4
        found = range_tests.range_test(cell.trainer, lambda lr: cell.phases_at(lr)[-1])
        return _digest(found.rates, found.losses, found.chosen)

    def _several_labels(self) -> str:
        data = _prepared(self.folder / "several", several=True)
        return _trained(_cell(_spec("simple_cnn", "scratch", "cutmix", class_weights="balanced"), data))

    def _splits(self) -> str:
        return _digest(self.data.labels) + "".join(split[1] for split in self.data.splits)


def _prepared(folder: Path, *, several: bool = False) -> Prepared:
    """Prepare some digits, with splits that are drawn here; with several labels, their number's bits."""
    folder.mkdir()
    raw, prepared = folder / "raw", folder / "prepared"
    raw.mkdir()
    prepared.mkdir()
    DIGITS.fetch(raw)
    listing = DIGITS.read(raw, folder)
    samples = [replace(sample, split=None) for sample in listing.samples[:IMAGES]]
    if several:
        samples = [replace(sample, label=_bits(sample)) for sample in samples]
        listing = Listing(tuple("abcd"), samples)
    how = Settings(
        image_size=SIDE,
        resize="stretch",
        splitting=Splitting(val_share=0.2, test_share=0.2),
        keeps=DIGITS.keeps,
        score=None,
        skip_bad=False,
        refuse_leaks=False,
    )
    prepare("digits", Listing(listing.classes, samples), several, how, "pin", prepared)
    return open_prepared(prepared)


def _bits(sample: Sample) -> tuple[int, ...]:
    assert isinstance(sample.label, int)
    return tuple(bit for bit in range(4) if sample.label >> bit & 1)


def _letters() -> str:
    draw = np.random.Generator(np.random.PCG64(0))
    return _digest(*(_draw(letter, draw) for letter in "AgQz" for _ in range(3)))


def _decoded() -> str:
    """Compress noise and a slope as JPEG, decode them, and bring them to size in both ways."""
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    slope = np.broadcast_to(np.arange(120, dtype=np.uint8)[:, None], (90, 120, 3)[:2] + (3,))
    found = []
    for picture in (noise, slope):
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "jpeg", quality=90)
        for how in ("stretch", "crop"):
            seen = decode(Image.open(file), SIDE, how)
            found += [seen.pixels, seen.thumb]
    return _digest(*found)


def main(pattern: str = "*") -> None:
    """Print the digests whose names fit ``pattern``."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for name, digest in Digests(Path(folder)).tried():
            if fnmatchcase(name, pattern):
                print(name, digest(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
