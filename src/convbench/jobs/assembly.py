"""Build dataset, network, augmentation and trainer from a run's spec."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from convbench.augment import augmentation_of
from convbench.config.spec import AUTO, RunSpec
from convbench.data.base import SPLITS, Split
from convbench.data.prepare.splits import nested_draw
from convbench.data.prepared import Prepared
from convbench.engine.batches import Images, Standardise
from convbench.engine.loop import Trainer
from convbench.engine.modes import freeze_all_but, set_dropout
from convbench.engine.new_classifier import prepare_classifier
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS
from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.models.base import Architecture, stem_note
from convbench.models.blocks import blocks_of
from convbench.models.grey import to_grey
from convbench.models.meta import without_weights
from convbench.models.weights.files import Normalisation, has_classifier_of, load_weights
from convbench.phases import Phase
from convbench.results.rates import RangeTestResult
from convbench.seeding import generator, seeded
from convbench.strategies import strategy_of
from convbench.strategies.base import Parts, Rates

Augment = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Assembly:
    """A run's network, its data and its trainer."""

    network: nn.Module
    trainer: Trainer
    phases_at: Callable[[float], list[Phase]]
    """The phases of its training at a learning rate of the classifier."""
    test: Images
    normalisation: Normalisation
    stem: str
    """The network's stem, if it is not the usual one of its family."""
    left_out: list[str]
    """Tensors of the weights file that the network does not use, each with the reason."""


def chosen_lr(spec: RunSpec, range_test: Path | None) -> float:
    """Return the run's learning rate: its own, or the one that a range test wrote to a file.

    Raises ``ValueError`` if the range test failed.
    """
    lr = spec.hyperparameters.lr
    if not isinstance(lr, str):
        return lr
    assert lr == AUTO
    assert range_test is not None, "the workflow tests the range first"
    found = RangeTestResult.read(range_test)
    if found.chosen_lr is None:
        raise ValueError(f"no learning rate was found: {found.reason}")
    return found.chosen_lr


def assemble(
    spec: RunSpec, data: Prepared, device: torch.device, weights: Path | None, lr: float
) -> Assembly:
    """Build the network with its weights, and all that trains it at the learning rate ``lr``."""
    architecture, strategy = architecture_of(spec.architecture), strategy_of(spec.strategy)
    assert strategy is not None, "the plan refuses unknown strategies"
    classes = len(data.card.classes)
    mean, std = data.card.mean, data.card.std
    normalisation = Normalisation((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    left_out: list[str] = []
    network = untrained(spec, classes, weights if strategy.keeps_classifier else None)
    if weights is not None:
        loaded = load_weights(
            network, architecture.head, weights, with_classifier=strategy.keeps_classifier
        )
        normalisation, left_out = loaded.normalisation, loaded.left_out
    if spec.perturbation:
        perturb(network, spec.perturbation, generator("perturbation", spec.id))
    if spec.hyperparameters.dropout is not None:
        set_dropout(network, network.get_submodule(architecture.head), spec.hyperparameters.dropout)
    network.to(device)
    parts = _parts(network, architecture)

    def phases_at(lr: float) -> list[Phase]:
        return strategy.phases(parts, Rates.of(spec.hyperparameters, lr), spec.hyperparameters.epochs)

    train, val, test = (_images(data, split, spec) for split in SPLITS)
    standardise = Standardise(normalisation.mean, normalisation.std)
    before = (0.0, 0.0)
    if spec.hyperparameters.standardise_features:
        classifier = network.get_submodule(architecture.head)
        before = prepare_classifier(network, classifier, train, standardise)
    phases = phases_at(lr)
    learning = [group.parameters for phase in phases for group in phase.groups]
    freeze_all_but(network, (each for parameters in learning for each in parameters))
    trainer = Trainer(
        network=network,
        phases=phases,
        hyperparameters=spec.hyperparameters,
        train=train,
        val=val,
        standardise=standardise,
        objective=SEVERAL_LABELS if data.card.multi_label else ONE_LABEL,
        score=data.card.score,
        augment=_augment(spec.augmentation, None if data.card.multi_label else classes),
        batch_size=spec.hyperparameters.batch_size,
        run=spec.id,
        before=before,
        record_gradients=spec.gradient_norms,
    )
    stem = stem_note(architecture, spec.image_size)
    return Assembly(network, trainer, phases_at, test, normalisation, stem, left_out)


def untrained(spec: RunSpec, classes: int, classifier_of: Path | None = None) -> nn.Module:
    """Build a run's network with random weights, from the run's seed.

    Where the classifier for which weights are published is another than the benchmark's, the network has
    the one that fits the weights file ``classifier_of``.
    """
    architecture = architecture_of(spec.architecture)
    build, published = architecture.build, architecture.published
    if classifier_of and published:
        given = without_weights(published, classes, spec.image_size)
        if has_classifier_of(classifier_of, given, architecture.head):
            build = published
    with seeded("weights", spec.architecture, spec.seed):
        network = build(classes, spec.image_size)
    if spec.channels == 1:
        to_grey(network)
    return network


@torch.no_grad()
def perturb(network: nn.Module, size: float, generator: Generator) -> None:
    """Multiply each parameter by 1 + ``size`` * N(0, 1), in place.

    In double precision: 1 + 1e-7 lies between two numbers of single precision.
    """
    for weight in network.parameters():
        noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        weight.copy_(weight.double() * (1 + size * noise))


def _parts(network: nn.Module, architecture: Architecture) -> Parts:
    blocks = list(blocks_of(network, architecture).values())
    return Parts(blocks, list(network.get_submodule(architecture.head).parameters()))


def _augment(name: str, classes: int | None) -> Augment:
    """Return an augmentation; one that mixes targets gets class numbers as probabilities."""
    augmentation = augmentation_of(name)
    if classes is None or not augmentation.mixes:
        return augmentation.apply
    return lambda images, targets, generator: augmentation.apply(
        images, F.one_hot(targets, classes).to(images), generator
    )


def _images(data: Prepared, split: Split, spec: RunSpec) -> Images:
    """Return the images of a split; for training, those that the task draws with the run's seed."""
    rows = data.rows(split)
    if split == "train":
        rows = rows[nested_draw(data.labels[rows], spec.train_size, spec.dataset, "draw", spec.seed)]
    labels = data.labels[rows]
    own = labels.astype(np.float32) if data.card.multi_label else labels
    return Images(data.pixels, rows, own, spec.channels)


def device_of(wanted: str) -> torch.device:
    """Resolve ``auto``. Raises ``UserError`` if a GPU is asked for and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device: 'cuda'; this torch sees no GPU, so 'cpu' or 'auto' would be right")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
