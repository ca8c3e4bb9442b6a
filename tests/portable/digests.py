"""A digest of everything that reaches a run's numbers.

Small images and few steps: an emulator computes some 40 million additions and products a second.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from convbench.augment import AUGMENTS, augmentation_of
from convbench.config.spec import Channels, Hyperparameters, RunSpec
from convbench.data.base import Listing, Sample, Splitting
from convbench.data.digits import DIGITS
from convbench.data.letters import _draw
from convbench.data.prepare.images import decode
from convbench.data.prepare.splits import nested_draw
from convbench.data.prepare.write import Settings, prepare
from convbench.data.prepared import Prepared, open_prepared
from convbench.engine.evaluate import evaluate
from convbench.engine.objective import ONE_LABEL
from convbench.engine.optimizer import make_optimizer
from convbench.engine.range_test import range_test
from convbench.jobs.assembly import Assembly, assemble, untrained
from convbench.models.weights.files import save_weights
from convbench.seeding import generator

SIDE = 8
NETWORKS = ("simple_cnn", "resnet20", "plain20")
_SCRATCH = tempfile.TemporaryDirectory()
WORK = Path(_SCRATCH.name)

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
    """Cut two photographs into pieces of several sizes, JPEG and PNG in turn."""
    from sklearn import datasets

    files = sorted((Path(datasets.__file__).parent / "images").glob("*.jpg"))
    whole = [Image.open(file).convert("RGB") for file in files]
    paths = []
    for number in range(18):
        left, top = 53 * number % 500, 37 * number % 300
        piece = whole[number % 2].crop((left, top, left + 40 + 2 * number, top + 90 - number))
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
                lambda path=path: Image.open(path),
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
    rng = np.random.Generator(np.random.PCG64(0))
    return [_draw(letter, rng) for letter in "AgΩЖ" for _ in range(8)]


def of_digits() -> list[Part]:
    """Return digits as they are listed and decoded, their splits, and what a task draws of them."""
    raw = WORK / "digits"
    raw.mkdir()
    DIGITS.fetch(raw)
    samples = DIGITS.read(raw, WORK).samples
    train = np.array([sample.label for sample in samples if sample.split == "train"])
    shown = [decode(sample.load(), 16, "stretch").pixels for sample in samples[::20]]
    splits = str([sample.split for sample in samples])
    return [*shown, splits, nested_draw(train, 50, "digits", "draw", 0)]


def of_numpy() -> list[Part]:
    """Return what NumPy computes by other instructions on other processors, unless it is told not to."""
    values = np.random.Generator(np.random.PCG64(0)).uniform(0.1, 3, (100, 100))
    narrow = values.astype(np.float32)
    matrices = [values @ values, narrow @ narrow, np.linalg.inv(values)]
    functions = (np.exp, np.log, np.sin, np.cos, np.tanh, np.cbrt)
    waves = np.abs(np.fft.rfft(narrow).astype(np.complex64))
    return [*matrices, *(each(wide) for each in functions for wide in (values, narrow)), waves]


def of_decoded(resize: str) -> list[Part]:
    """Return photographs at two sizes, with the thumbnails that duplicates are found with."""
    seen = [decode(Image.open(path), side, resize) for path in photographs() for side in (20, 48)]
    return [pixels for each in seen for pixels in (each.pixels, each.thumb)]


def of_augmentation(name: str) -> list[Part]:
    """Return a batch of photographs, and their targets, after an augmentation."""
    data = prepared("stretch", 16, "stretch")
    images = torch.from_numpy(data.pixels.copy()).permute(0, 3, 1, 2).float() / 255
    changed, targets = augmentation_of(name).apply(
        images, torch.eye(len(images)), generator("draw", name)
    )
    return [changed.contiguous(), targets]


def spec_of(
    network: str = "simple_cnn",
    strategy: str = "scratch",
    augmentation: str = "none",
    *,
    channels: Channels = 3,
    epochs: int = 1,
    batch_size: int = 5,
    **settings: object,
) -> RunSpec:
    """Describe a short run on the photographs."""
    common = {"optimizer": "adamw", "lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}
    return RunSpec(
        dataset="photographs",
        train_size=None,
        image_size=SIDE,
        architecture=network,
        weights="random" if strategy == "scratch" else "photographs",
        label=strategy,
        strategy=strategy,
        augmentation=augmentation,
        seed=0,
        hyperparameters=Hyperparameters.model_validate(
            {
                "epochs": epochs,
                "batch_size": batch_size,
                **common,
                "schedule": "cosine",
                **settings,
            }
        ),
        threads=1,
        device="cpu",
        channels=channels,
        gradient_norms=True,
        portable=True,
    )


def assembly_of(spec: RunSpec, *, several: bool = False) -> Assembly:
    """Assemble a run."""
    data = prepared("labels" if several else "one label", SIDE, "crop", several=several)
    weights = None if spec.weights == "random" else WORK / f"{spec.architecture}.safetensors"
    lr = spec.hyperparameters.lr
    assert isinstance(lr, float)
    return assemble(spec, data, torch.device("cpu"), weights, lr)


def of_training(spec: RunSpec, *, several: bool = False) -> list[Part]:
    """Return a short run's history, its weights, and its predictions of the test images."""
    assembly = assembly_of(spec, several=several)
    trainer = assembly.trainer
    history: list[Part] = []
    for epoch in trainer.epochs():
        history += [
            epoch.lr,
            epoch.train_loss,
            epoch.val_loss,
            epoch.val_score,
            str(epoch.gradient_norms),
        ]
    result = evaluate(trainer.result, assembly.test, trainer.standardise, trainer.objective)
    return [*history, *trainer.result.state_dict().values(), result.probabilities, result.loss]


def of_pretraining(network: str) -> list[Part]:
    """Train a network from scratch, and keep it for others to start from."""
    assembly = assembly_of(spec_of(network))
    losses = [epoch.val_loss for epoch in assembly.trainer.epochs()]
    state = assembly.network.state_dict()
    save_weights(WORK / f"{network}.safetensors", state, assembly.normalisation)
    return [*losses, *state.values()]


def of_range_test() -> list[Part]:
    """Return the curve of a range test."""
    assembly = assembly_of(spec_of(strategy="feature_extraction", batch_size=2))
    found = range_test(assembly.trainer, lambda lr: assembly.phases_at(lr)[-1])
    return [*found.losses, found.chosen_lr]


def of_step(network: str) -> list[Part]:
    """Return a network after one step on ten images of the embedded benchmark's size."""
    built = untrained(spec_of(network).model_copy(update={"image_size": 16}), 10)
    images = torch.rand(10, 3, 16, 16, generator=generator("step"))
    optimizer = make_optimizer("adamw", [(built.parameters(), 0.003)], 0.9, 1e-4)
    ONE_LABEL.loss(built(images), torch.arange(10)).backward()
    optimizer.step()
    return list(built.state_dict().values())


def cases() -> Iterator[tuple[str, Case]]:
    """Yield everything that is computed, with its name."""
    yield "numpy", of_numpy
    yield "data/letters", of_letters
    yield "data/digits", of_digits
    for resize in ("stretch", "crop"):
        yield f"data/decoded/{resize}", lambda resize=resize: of_decoded(resize)
        yield f"data/prepared/{resize}", lambda resize=resize: of_prepared(resize, 16, resize)
    yield "data/prepared/labels", lambda: of_prepared("labels", SIDE, "crop", several=True)
    for name in (*AUGMENTS, "random_resized_crop+horizontal_flip"):
        yield f"augmentation/{name}", lambda name=name: of_augmentation(name)
    for network in NETWORKS:
        yield f"{network}/pretraining", lambda network=network: of_pretraining(network)
    for network in NETWORKS[:2]:  # plain20 has the convolutions of resnet20
        yield f"{network}/16 px", lambda network=network: of_step(network)
    for name, spec in _RUNS.items():
        yield name, lambda spec=spec: of_training(spec)
    for name, spec in _SEVERAL_LABELS.items():
        yield name, lambda spec=spec: of_training(spec, several=True)
    yield "range test", of_range_test


_RUNS: Mapping[str, RunSpec] = {
    **{f"{name}/feature_extraction": spec_of(name, "feature_extraction") for name in NETWORKS},
    **{f"{name}/fine_tune": spec_of(name, "fine_tune", backbone_lr=0.001) for name in NETWORKS},
    **{f"{name}/sgd": spec_of(name, optimizer="sgd", lr=0.05) for name in NETWORKS[:2]},
    "fine_tune_last_1": spec_of(strategy="fine_tune_last_1", backbone_lr=0.001),
    "probe_then_fine_tune": spec_of(
        strategy="probe_then_fine_tune", epochs=2, probe_epochs=1, probe_lr=0.01, backbone_lr=0.001
    ),
    "gradual_unfreeze": spec_of(
        strategy="gradual_unfreeze", epochs=2, unfreeze_every=1, backbone_lr=0.001
    ),
    "evaluate": spec_of(strategy="evaluate"),
    "layer decay": spec_of(strategy="fine_tune", layer_decay=0.5, backbone_lr=0.001),
    "constant": spec_of(schedule="constant"),
    "step": spec_of(schedule="step", epochs=2),
    "one_cycle": spec_of(schedule="one_cycle", epochs=2),
    "warm-up": spec_of(warmup_epochs=0.5),
    "dropout": spec_of(dropout=0.3),
    "label smoothing": spec_of(label_smoothing=0.1),
    "clipping": spec_of(clip_norm=0.5),
    "averaging": spec_of(ema=0.9),
    "class weights": spec_of(class_weights="balanced"),
    "grey": spec_of(channels=1),
    "perturbation": spec_of().model_copy(update={"perturbation": 1e-7}),
    "augmented": spec_of(augmentation="affine"),
    "mixed": spec_of(augmentation="crop_flip+mixup"),
}
_SEVERAL_LABELS: Mapping[str, RunSpec] = {
    "several labels": spec_of(),
    "several labels, smoothed, weighted and mixed": spec_of(
        label_smoothing=0.1, class_weights="balanced", augmentation="mixup"
    ),
}


def show() -> None:
    """Print a line a case."""
    torch.set_num_threads(1)
    for name, case in cases():
        print(f"{digest(case())}  {name}", flush=True)
