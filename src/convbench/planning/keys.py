"""Keys: what a result depends on, as a digest that is a part of its path.

Two results whose keys differ have different paths, so that grids that share a folder leave each other's
results alone, an edit of the code repeats what it concerns, and results that were copied from elsewhere
count where their key is the right one. The content of the data is known only after it was prepared: a
run depends on it through the card of the prepared dataset.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from convbench.augment import augmentation_of, parts_of
from convbench.catalogue import key_values
from convbench.config.grid import Grid
from convbench.config.spec import Frozen, RunSpec, canonical_json
from convbench.config.weights import ImportSpec
from convbench.models import architecture_of
from convbench.planning.code import code_of
from convbench.planning.datasets import reader_of, settings_json, settings_of
from convbench.scores import SCORES
from convbench.strategies import strategy_of
from convbench.strategies.base import Strategy


@dataclass(frozen=True)
class Key:
    """What the numbers of a run depend on, besides the content of its data."""

    spec: Mapping[str, Any]
    """The run's own settings, without those that have their default."""
    data: str
    """The settings of the dataset, and how images are prepared, as JSON."""
    weights: str
    """The digest of the weights that it starts from; empty: random ones."""
    code: str
    """The digest of the code that computes the numbers: see ``planning.code``."""

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits: a part of the path of the results."""
        return digest_of(asdict(self))

    def without_spec(self) -> str:
        """Return all but the spec as JSON, for the command of a job, which has the spec already."""
        return json.dumps({"data": self.data, "weights": self.weights, "code": self.code})


def digest_of(value: object) -> str:
    """Return eight hexadecimal digits for a value of JSON's kinds."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def key_of_run(grid: Grid, spec: RunSpec, weights: str, job: str = "train") -> Key:
    """Return the key of a run, or of the range test of its learning rate (``job``: ``find_lr``)."""
    return Key(_values(spec), data_settings(grid, spec.dataset), weights, code_of_run(spec, job))


def key_of_import(spec: ImportSpec) -> str:
    """Return the digest of weights that come from elsewhere."""
    return digest_of([_values(spec), code_of_architecture(spec.architecture, "import_weights")])


def data_settings(grid: Grid, dataset: str) -> str:
    """Return the settings of a dataset and how it is prepared, as JSON."""
    settings = json.loads(settings_json(dataset, grid.datasets))
    return json.dumps({**settings, "resize": grid.resize}, sort_keys=True)


def _values(spec: Frozen) -> Mapping[str, Any]:
    values: Mapping[str, Any] = json.loads(canonical_json(spec))
    return values


def code_of_run(spec: RunSpec, job: str = "train") -> str:
    """Return the digest of the code of a run: the loop, its own parts, and what their entries say."""
    entries = [key_values(architecture_of(spec.architecture)), key_values(_strategy_of(spec))]
    entries += [key_values(part) for part in parts_of(spec.augmentation)]
    return digest_of([code_of(modules_of_run(spec, job)), entries])


def modules_of_run(spec: RunSpec, job: str = "train") -> list[str]:
    """Return the modules that a run's code begins with."""
    functions: tuple[Callable[..., object], ...] = (
        *_builders(spec.architecture),
        _strategy_of(spec).phases,
        augmentation_of(spec.augmentation).apply,
        *(part.apply for part in parts_of(spec.augmentation)),
        *(score.of for score in SCORES.values()),  # a run computes all of them
    )
    capping = ["convbench.portable"] if spec.portable else []
    return [f"convbench.jobs.{job}", *capping, *(_module(function) for function in functions)]


def _strategy_of(spec: RunSpec) -> Strategy:
    strategy = strategy_of(spec.strategy)
    assert strategy is not None, "the plan refuses unknown strategies"
    return strategy


def code_of_architecture(name: str, job: str) -> str:
    """Return the digest of the code of what a job finds out about an architecture."""
    entry = key_values(architecture_of(name))
    return digest_of([code_of(modules_of_architecture(name, job)), entry])


def modules_of_architecture(name: str, job: str) -> list[str]:
    """Return the modules that the code of such a job begins with."""
    return [f"convbench.jobs.{job}", *(_module(build) for build in _builders(name))]


def _builders(architecture: str) -> list[Callable[..., object]]:
    """Return the functions that build a network: with a new classifier, and with the published one."""
    entry = architecture_of(architecture)
    return [entry.build] if entry.published is None else [entry.build, entry.published]


def code_of_prepared(dataset: str, grid: Grid) -> str:
    """Return the digest of the code that prepares a dataset."""
    return code_of(modules_of_prepared(dataset, grid))


def modules_of_prepared(dataset: str, grid: Grid) -> list[str]:
    """Return the modules that the code of a prepared dataset begins with."""
    reader = reader_of(dataset, settings_of(dataset, grid.datasets))
    return ["convbench.jobs.prepare", _module(reader)]


def _module(function: Callable[..., object]) -> str:
    """Return where an entry's function is defined: a ``partial`` would name somebody else's file."""
    assert not isinstance(function, partial), f"{function}: write a function or a lambda"
    return function.__module__
