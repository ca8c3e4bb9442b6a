"""Explain trained networks: filters, feature maps, class activation maps, embeddings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from convbench.config.spec import RunSpec
from convbench.data.prepared import Prepared, open_prepared
from convbench.engine.batches import Images, Standardise, batches
from convbench.explain.activation import class_activation, last_maps
from convbench.explain.cases import choose_cases, is_correct
from convbench.explain.embedding import beside_own, features, in_two_dimensions
from convbench.explain.maps import Maps, feature_maps, first_filters, moved
from convbench.files import make_folder
from convbench.jobs.assembly import device_of, untrained
from convbench.models import architecture_of
from convbench.models.blocks import blocks_of
from convbench.models.weights.files import load_weights
from convbench.results.folders import MODEL
from convbench.results.metrics import Result, read_result
from convbench.results.predictions import Predictions, read_predictions
from convbench.results.view import Case, ExplainedNetwork, Prediction, View

_Predictions = Mapping[str, Predictions]
"""Strategy -> the predictions of its run for the test images."""

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
    """The explanations, network by network."""

    def __init__(
        self, starts: Sequence[_Network], data: Prepared, predictions: _Predictions, cases: list[int]
    ) -> None:
        self.starts, self.data, self.predictions, self.cases = starts, data, predictions, cases
        tests = data.rows("test")
        even = np.linspace(0, len(tests) - 1, min(_EMBEDDED, len(tests)))
        self.embedded = tests[even.round().astype(int)]
        labels = data.labels[self.embedded]
        self.labels = labels if labels.ndim == 1 else labels.argmax(axis=1)
        self.pictures: dict[str, np.ndarray] = {"labels": self.labels}
        self.layer: str | None = None
        self.explained: list[ExplainedNetwork] = []

    def add(self, network: _Network) -> None:
        """Explain a network: the starts first, in their order, then those that began with them."""
        place, start = len(self.explained), self.starts[network.start]
        before, after = first_filters(start.module), first_filters(network.module)
        if after is not None:
            self.pictures[f"filters/{place}"] = after
        same = network.trained and _same_backbone(start, network)
        beside = self.explained[network.start].beside_own if same else self._lay_out(network, place)
        found = self._maps(network, place) if network.trained and self.cases else []
        self.explained.append(
            ExplainedNetwork(
                name=network.name,
                trained=network.trained,
                start=network.start,
                same_backbone=same,
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
        """Watch the network at the cases: its feature maps, and class activation of what it predicts."""
        own = self.predictions[network.name]
        images = torch.cat(list(network.shown(self.data, own.ids[self.cases])))
        architecture = architecture_of(network.spec.architecture)
        modules = dict(network.module.named_modules())
        blocks = [name for name in blocks_of(network.module, architecture) if name in modules]
        found = feature_maps(network.module, blocks, images)
        for each in found:
            self.pictures[f"maps/{place}/{each.layer}"] = each.strongest
        self.layer = last_maps(network.module, network.head, images)
        if self.layer is not None:
            predicted = torch.from_numpy(own.probabilities[self.cases].argmax(axis=1)).to(images.device)
            maps = class_activation(network.module, self.layer, images, predicted)
            self.pictures[f"activation/{place}"] = maps.cpu().numpy()
        return found


def explain(
    specs: Sequence[RunSpec],
    folders: Mapping[str, Path],
    weights: Mapping[str, Path],
    prepared: Path,
    out: Path,
) -> None:
    """Explain the networks of the runs ``specs``, alike but for their strategies; write it to ``out``.

    ``folders``: run id -> its results; ``weights``: what the specs call weights -> their file. A run
    that left no network is named, with its reason.
    """
    first = specs[0]
    torch.set_num_threads(first.threads)
    data = open_prepared(prepared)
    results = {spec.label: _result(folders[spec.id]) for spec in specs}
    finished = [spec for spec in specs if results[spec.label].finished]
    predictions = {spec.label: read_predictions(folders[spec.id]) for spec in finished}
    cases = _cases(predictions)
    first_with: dict[str, RunSpec] = {}
    for spec in finished:
        first_with.setdefault(spec.weights, spec)
    places = {weights: place for place, weights in enumerate(first_with)}
    starts = [
        _started(spec, data, weights.get(spec.weights), places[spec.weights])
        for spec in first_with.values()
    ]
    book = _Book(starts, data, predictions, cases)
    # One at a time in memory: the next is built when the last was explained.
    trained = (_trained(spec, data, folders[spec.id] / MODEL, places[spec.weights]) for spec in finished)
    for network in chain(starts, trained):
        book.add(network)
    view = View(
        dataset=first.dataset,
        architecture=first.architecture,
        task=first.task,
        augmentation=first.augmentation,
        seed=first.seed,
        networks=book.explained,
        absent={
            name: f"{found.metrics.outcome}: {found.metrics.reason}"
            for name, found in results.items()
            if name not in predictions
        },
        layer=book.layer,
        cases=[_case(place, predictions, data) for place in cases],
        tests=len(data.rows("test")),
        agree=_agreement(predictions),
        pictures=book.pictures,
    )
    view.write(make_folder(out))
    print(f"{out}: {len(book.explained)} networks, {len(cases)} images")


def _cases(predictions: _Predictions) -> list[int]:
    if not predictions:
        return []
    labels = next(iter(predictions.values())).labels
    return choose_cases(labels, [each.probabilities for each in predictions.values()])


def _agreement(predictions: _Predictions) -> float:
    if not predictions:
        return 1.0
    classes = [each.probabilities.argmax(axis=1) for each in predictions.values()]
    return float(np.mean([len(set(each)) == 1 for each in zip(*classes, strict=True)]))


def _case(place: int, predictions: _Predictions, data: Prepared) -> Case:
    names, first = data.card.classes, next(iter(predictions.values()))
    label = first.labels[place]
    own = [int(label)] if label.ndim == 0 else list(np.flatnonzero(label))
    shown = []
    for name, each in predictions.items():
        predicted = each.probabilities[[place]].argmax(axis=1)
        probability = float(each.probabilities[place, predicted[0]])
        correct = bool(is_correct(each.labels[[place]], predicted)[0])
        shown.append(Prediction(name, names[predicted[0]], probability, correct))
    return Case(int(first.ids[place]), ", ".join(names[number] for number in own), shown)


def _result(folder: Path) -> Result:
    found = read_result(folder)
    assert found is not None, "networks are explained after their runs"
    return found


def _started(spec: RunSpec, data: Prepared, weights: Path | None, place: int) -> _Network:
    module = untrained(spec, len(data.card.classes))
    mean, std = data.card.mean, data.card.std
    if weights is not None:
        head = architecture_of(spec.architecture).head
        loaded = load_weights(module, head, weights)
        mean, std = list(loaded.normalisation.mean), list(loaded.normalisation.std)
    module.to(device_of(spec.device)).eval()
    return _Network(spec.weights, module, Standardise(mean, std), spec, place, trained=False)


def _trained(spec: RunSpec, data: Prepared, model: Path, start: int) -> _Network:
    module = untrained(spec, len(data.card.classes), model)
    head = architecture_of(spec.architecture).head
    found = load_weights(module, head, model, with_classifier=True).normalisation
    module.to(device_of(spec.device)).eval()
    return _Network(spec.label, module, Standardise(found.mean, found.std), spec, start, trained=True)


def _same_backbone(one: _Network, other: _Network) -> bool:
    theirs = other.module.state_dict()
    return all(
        tensor.equal(theirs[name])
        for name, tensor in one.module.state_dict().items()
        if not name.startswith(f"{one.head}.")
    )
