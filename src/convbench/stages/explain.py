"""Open the networks that runs have left, and write down what is inside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from convbench.config.spec import RANDOM_WEIGHTS, RunSpec
from convbench.data.prepared import Prepared, open_prepared
from convbench.engine.batches import Images, Standardise, batches
from convbench.explain.activation import class_activation, last_maps
from convbench.explain.cases import choose_cases, is_right
from convbench.explain.embedding import beside_own, features, in_two_dimensions
from convbench.explain.maps import Maps, feature_maps, first_filters, moved
from convbench.files import make_folder, read_json
from convbench.models import architecture_of
from convbench.models.base import blocks_of
from convbench.models.weights import load_weights
from convbench.stages.cell import device_of, untrained
from convbench.stages.folders import METRICS, RUNS
from convbench.stages.predictions import Predictions, read_predictions
from convbench.stages.runs import model_file, weights_file
from convbench.stages.view import Answer, Case, Opened, View

Said = Mapping[str, Predictions]
"""Strategy -> what its run said of the test images."""

_EMBEDDED = 1000  # test images laid out in two dimensions, at most
_BATCH = 32


@dataclass(frozen=True)
class _Network:
    """A network, and how its input is standardised."""

    name: str
    module: nn.Module
    standardise: Standardise
    spec: RunSpec
    start: int
    """Place of the network that its training began with."""
    trained: bool

    @property
    def head(self) -> str:
        return architecture_of(self.spec.architecture).head

    def shown(self, data: Prepared, rows: np.ndarray) -> Iterator[Tensor]:
        """Yield the rows' images as the network takes them, batch by batch."""
        images = Images(data.pixels, rows, data.labels[rows], self.spec.channels)
        device = next(self.module.parameters()).device
        return (self.standardise(x) for x, _ in batches(images, _BATCH, device))


class _Book:
    """What is found, network by network."""

    def __init__(self, starts: Sequence[_Network], data: Prepared, said: Said, cases: list[int]) -> None:
        self.starts, self.data, self.said, self.cases = starts, data, said, cases
        tests = data.rows("test")
        even = np.linspace(0, len(tests) - 1, min(_EMBEDDED, len(tests)))
        self.embedded = tests[even.round().astype(int)]
        labels = data.labels[self.embedded]
        self.labels = labels if labels.ndim == 1 else labels.argmax(axis=1)
        self.pictures: dict[str, np.ndarray] = {"labels": self.labels}
        self.layer: str | None = None
        self.opened: list[Opened] = []

    def open(self, network: _Network) -> None:
        """Look into a network: the starts first, in their order, then those that began with them."""
        place, start = len(self.opened), self.starts[network.start]
        before, after = first_filters(start.module), first_filters(network.module)
        if after is not None:
            self.pictures[f"filters/{place}"] = after
        same = network.trained and _same_body(start, network)
        beside = self.opened[network.start].beside_own if same else self._lay_out(network, place)
        found = self._maps(network, place) if network.trained and self.cases else []
        self.opened.append(
            Opened(
                name=network.name,
                trained=network.trained,
                start=network.start,
                same_body=same,
                filters_moved=None if before is None or after is None else moved(before, after),
                beside_own=beside,
                layers=[each.layer for each in found],
                channels=[each.channels for each in found],
            )
        )

    def _lay_out(self, network: _Network, place: int) -> float:
        """Lay the test images out; return how many of them lie beside one of their class."""
        vectors = np.concatenate(
            [
                features(network.module, network.head, images)
                for images in network.shown(self.data, self.embedded)
            ]
        )
        self.pictures[f"places/{place}"] = in_two_dimensions(vectors)
        beside = beside_own(vectors, self.labels)
        self.pictures[f"beside/{place}"] = beside
        return float(beside.mean())

    def _maps(self, network: _Network, place: int) -> list[Maps]:
        """Watch the network at the cases: its feature maps, and what speaks for its answers."""
        own = self.said[network.name]
        images = torch.cat(list(network.shown(self.data, own.ids[self.cases])))
        architecture = architecture_of(network.spec.architecture)
        modules = dict(network.module.named_modules())
        blocks = [name for name in blocks_of(network.module, architecture) if name in modules]
        found = feature_maps(network.module, blocks, images)
        for each in found:
            self.pictures[f"maps/{place}/{each.layer}"] = each.strongest
        self.layer = last_maps(network.module, network.head, images)
        if self.layer is not None:
            answers = torch.from_numpy(own.probabilities[self.cases].argmax(axis=1)).to(images.device)
            seen = class_activation(network.module, self.layer, images, answers)
            self.pictures[f"activation/{place}"] = seen.cpu().numpy()
        return found


def explain(specs: Sequence[RunSpec], prepared: Path, out: Path) -> None:
    """Open the networks of the runs ``specs``, alike but for their strategies; write it all to ``out``.

    A run that left no network is named, with its reason.
    """
    first = specs[0]
    torch.set_num_threads(first.threads)
    data = open_prepared(prepared)
    metrics = {spec.strategy: read_json(RUNS / spec.id / METRICS) for spec in specs}
    finished = [spec for spec in specs if metrics[spec.strategy]["outcome"] == "finished"]
    said = {spec.strategy: read_predictions(RUNS / spec.id) for spec in finished}
    cases = _cases(said)
    first_with: dict[str, RunSpec] = {}
    for spec in finished:
        first_with.setdefault(spec.weights, spec)
    places = {weights: place for place, weights in enumerate(first_with)}
    starts = [_started(spec, data, places[spec.weights]) for spec in first_with.values()]
    book = _Book(starts, data, said, cases)
    # One at a time in memory: the next is built when the last was looked into.
    trained = (_trained(spec, data, places[spec.weights]) for spec in finished)
    for network in chain(starts, trained):
        book.open(network)
    view = View(
        dataset=first.dataset,
        architecture=first.architecture,
        task=first.task,
        augmentation=first.augmentation,
        seed=first.seed,
        networks=book.opened,
        absent={
            name: f"{found['outcome']}: {found['reason']}"
            for name, found in metrics.items()
            if name not in said
        },
        layer=book.layer,
        cases=[_case(place, said, data) for place in cases],
        tests=len(data.rows("test")),
        agree=_agreement(said),
        pictures=book.pictures,
    )
    view.write(make_folder(out))
    print(f"{out}: {len(book.opened)} networks, {len(cases)} images")


def _cases(said: Said) -> list[int]:
    if not said:
        return []
    labels = next(iter(said.values())).labels
    return choose_cases(labels, [each.probabilities for each in said.values()])


def _agreement(said: Said) -> float:
    answers = [each.probabilities.argmax(axis=1) for each in said.values()]
    return float(np.mean([len(set(each)) == 1 for each in zip(*answers, strict=True)])) if said else 1.0


def _case(place: int, said: Said, data: Prepared) -> Case:
    names, first = data.card.classes, next(iter(said.values()))
    label = first.labels[place]
    own = [int(label)] if label.ndim == 0 else list(np.flatnonzero(label))
    answers = []
    for name, each in said.items():
        answer = each.probabilities[[place]].argmax(axis=1)
        chance = float(each.probabilities[place, answer[0]])
        right = bool(is_right(each.labels[[place]], answer)[0])
        answers.append(Answer(name, names[answer[0]], chance, right))
    return Case(int(first.ids[place]), ", ".join(names[number] for number in own), answers)


def _started(spec: RunSpec, data: Prepared, place: int) -> _Network:
    module = untrained(spec, len(data.card.classes))
    mean, std = data.card.mean, data.card.std
    if spec.weights != RANDOM_WEIGHTS:
        head = architecture_of(spec.architecture).head
        loaded = load_weights(module, head, weights_file(spec.architecture, spec.weights))
        mean, std = list(loaded.normalisation.mean), list(loaded.normalisation.std)
    module.to(device_of(spec.device)).eval()
    return _Network(spec.weights, module, Standardise(mean, std), spec, place, trained=False)


def _trained(spec: RunSpec, data: Prepared, start: int) -> _Network:
    module = untrained(spec, len(data.card.classes))
    head = architecture_of(spec.architecture).head
    found = load_weights(module, head, model_file(spec), with_head=True).normalisation
    module.to(device_of(spec.device)).eval()
    return _Network(spec.strategy, module, Standardise(found.mean, found.std), spec, start, trained=True)


def _same_body(one: _Network, other: _Network) -> bool:
    theirs = other.module.state_dict()
    return all(
        tensor.equal(theirs[name])
        for name, tensor in one.module.state_dict().items()
        if not name.startswith(f"{one.head}.")
    )
