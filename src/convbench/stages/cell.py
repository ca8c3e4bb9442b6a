"""One cell of the grid, put together from its parts: network, data, and all that trains it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from convbench.augment import augmentation_of
from convbench.config.spec import AUTO, Optimisation, RunSpec
from convbench.data.base import SPLITS, Split
from convbench.data.prepared import Prepared
from convbench.data.splits import nested_draw
from convbench.engine.batches import Images, Standardise
from convbench.engine.loop import Group, Phase, Trainer
from convbench.engine.modes import freeze_all_but, set_dropout
from convbench.engine.objective import ONE_LABEL, SEVERAL_LABELS
from convbench.errors import UserError
from convbench.files import read_json
from convbench.models import architecture_of
from convbench.models.base import Architecture, blocks_of, stem_note
from convbench.models.grey import to_grey
from convbench.models.weights import Normalisation, load_weights
from convbench.seeding import generator, seeded
from convbench.strategies import strategy_of
from convbench.strategies.base import Parts, Rates

Augment = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Cell:
    """A run's parts, put together."""

    network: nn.Module
    trainer: Trainer
    phases_at: Callable[[float], list[Phase]]
    """The phases of its training at a learning rate of the head."""
    test: Images
    normalisation: Normalisation
    stem: str
    """Which stem the network has, where it is not its family's usual one."""
    left_out: list[str]
    """Tensors of the weights file that are not in the network, each with the reason."""


def chosen_rate(spec: RunSpec, rates: Path | None) -> float:
    """Return the run's learning rate: its own, or the one that a range test chose."""
    lr = spec.optimisation.lr
    if not isinstance(lr, str):
        return lr
    assert lr == AUTO
    assert rates is not None, "the workflow tests the range first"
    found = read_json(rates)
    if found["reason"]:
        raise ValueError(f"no learning rate was found: {found['reason']}")
    return float(found["chosen"])


def assemble(
    spec: RunSpec, data: Prepared, device: torch.device, weights: Path | None, lr: float
) -> Cell:
    """Build the network with its weights, and everything that it is trained with at rate ``lr``."""
    architecture, strategy = architecture_of(spec.architecture), strategy_of(spec.method)
    assert strategy is not None, "the plan refuses unknown strategies"
    classes = len(data.card.classes)
    mean, std = data.card.mean, data.card.std
    normalisation = Normalisation((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    left_out: list[str] = []
    network = untrained(spec, classes)
    if weights is not None:
        loaded = load_weights(network, architecture.head, weights, with_head=strategy.keeps_head)
        normalisation, left_out = loaded.normalisation, loaded.left_out
    if spec.perturbation:
        perturb(network, spec.perturbation, generator("perturbation", spec.id))
    if spec.optimisation.dropout is not None:
        set_dropout(network, network.get_submodule(architecture.head), spec.optimisation.dropout)
    network.to(device)
    parts = _parts(network, architecture)

    def phases_at(rate: float) -> list[Phase]:
        planned = strategy.phases(parts, _rates(spec.optimisation, rate), spec.budget.epochs)
        return [
            Phase(each.epochs, [Group(g.parameters, g.lr, g.start) for g in each.groups])
            for each in planned
        ]

    train, val, test = (_images(data, split, spec) for split in SPLITS)
    phases = phases_at(lr)
    learning = [group.parameters for phase in phases for group in phase.groups]
    freeze_all_but(network, (each for parameters in learning for each in parameters))
    trainer = Trainer(
        network=network,
        phases=phases,
        recipe=spec.optimisation,
        train=train,
        val=val,
        standardise=Standardise(normalisation.mean, normalisation.std),
        objective=SEVERAL_LABELS if data.card.multi_label else ONE_LABEL,
        score=data.card.score,
        augment=_augment(spec.augmentation, None if data.card.multi_label else classes),
        batch_size=spec.budget.batch_size,
        run=spec.id,
        record_gradients=spec.gradient_norms,
    )
    stem = stem_note(architecture, spec.image_size)
    return Cell(network, trainer, phases_at, test, normalisation, stem, left_out)


def untrained(spec: RunSpec, classes: int) -> nn.Module:
    """Build a run's network, with the weights that its seed draws."""
    with seeded("weights", spec.architecture, spec.seed):
        network = architecture_of(spec.architecture).build(classes, spec.image_size)
    if spec.channels == 1:
        to_grey(network)
    return network


@torch.no_grad()
def perturb(network: nn.Module, size: float, draws: Generator) -> None:
    """Multiply each parameter by 1 + ``size`` * N(0, 1).

    In double precision: 1 + 1e-7 is between two numbers of single precision.
    """
    for weight in network.parameters():
        noise = torch.randn(weight.shape, generator=draws, dtype=torch.float64)
        weight.copy_(weight.double() * (1 + size * noise))


def _parts(network: nn.Module, architecture: Architecture) -> Parts:
    blocks = list(blocks_of(network, architecture).values())
    return Parts(blocks, list(network.get_submodule(architecture.head).parameters()))


def _rates(settings: Optimisation, lr: float) -> Rates:
    """Return a strategy's rates where the head's is ``lr``; a share of it is taken of that."""
    body = settings.body_lr
    return Rates(
        lr=lr,
        body_lr=lr / int(body.removeprefix("lr/")) if isinstance(body, str) else body,
        layer_decay=settings.layer_decay,
        probe_lr=settings.probe_lr,
        probe_epochs=settings.probe_epochs,
        unfreeze_every=settings.unfreeze_every,
    )


def _augment(name: str, classes: int | None) -> Augment:
    """Return an augmentation; one that blends targets gets class numbers as probabilities."""
    augmentation = augmentation_of(name)
    if classes is None or not augmentation.mixes:
        return augmentation.apply
    return lambda images, targets, draw: augmentation.apply(
        images, F.one_hot(targets, classes).to(images), draw
    )


def _images(data: Prepared, split: Split, spec: RunSpec) -> Images:
    """Select a split; of the training one, what the task draws with the run's seed."""
    rows = data.rows(split)
    if split == "train":
        rows = rows[nested_draw(data.labels[rows], spec.train_size, spec.dataset, "draw", spec.seed)]
    labels = data.labels[rows]
    own = labels.astype(np.float32) if data.card.multi_label else labels
    return Images(data.pixels, rows, own, spec.channels)


def device_of(wanted: str) -> torch.device:
    """Resolve ``auto``. Raises ``UserError`` where a GPU is asked for and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device: 'cuda'; this torch sees no GPU, so 'cpu' or 'auto' would be right")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
