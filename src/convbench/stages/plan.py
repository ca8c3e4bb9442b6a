"""What a config asks for: runs, and what they start from. Checked before any work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from convbench.augment import parts_of
from convbench.config.grid import Grid
from convbench.config.spec import AUTO, RANDOM_WEIGHTS, RunSpec, folder_of
from convbench.config.weights import ImportSpec
from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.stages.checks import problems_of
from convbench.stages.datasets import reader_of, settings_of
from convbench.stages.folders import RATES
from convbench.stages.runs import rate_key, weights_file
from convbench.stages.sources import sources_of
from convbench.strategies import strategy_of


@dataclass(frozen=True)
class Plan:
    """A valid grid and the runs that it stands for."""

    grid: Grid
    runs: Mapping[str, RunSpec]
    """Run id -> run, in the config's order."""
    pretrainings: Mapping[str, RunSpec]
    """``architecture/source`` -> the run that makes these weights."""
    imports: Mapping[str, ImportSpec]
    """``architecture/weights`` -> weights that come from elsewhere."""
    explained: Mapping[str, Sequence[RunSpec]]
    """``dataset/architecture`` -> the runs whose networks the report opens."""
    range_tests: Mapping[str, RunSpec]
    """``rate_key`` -> the run whose learning rate is looked for: the first of the cell's seeds."""


def plan(values: Mapping[str, Any], source: str) -> Plan:
    """Turn the content of the config file(s) called ``source`` into runs.

    Raises ``UserError`` naming every wrong key or name, its value and what would be right.
    """
    grid = Grid.parse(values, source)
    if problems := problems_of(grid):
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise UserError(f"{source} asks for what there is not:\n{listed}")
    runs = {spec.id: spec for spec in grid.runs()}
    wanted = [spec for spec in runs.values() if spec.optimisation.lr == AUTO]
    starts = [(f"{folder_of(name)}/{weights}", name, weights) for name, weights in grid.starts()]
    return Plan(
        grid=grid,
        runs=runs,
        pretrainings={
            key: grid.pretraining_run(name, weights)
            for key, name, weights in starts
            if weights in grid.pretraining
        },
        imports={
            key: _import(grid, name, weights)
            for key, name, weights in starts
            if weights not in grid.pretraining
        },
        explained=grid.explained(),
        range_tests={rate_key(spec): spec for spec in reversed(wanted)},
    )


def _import(grid: Grid, architecture: str, weights: str) -> ImportSpec:
    return ImportSpec(
        architecture=architecture,
        weights=weights,
        image_size=grid.image_size,
        file=grid.weights[weights][architecture] if weights in grid.weights else None,
    )


def weights_of(spec: RunSpec) -> list[str]:
    """Return the weights file that a run starts from, if any."""
    if spec.weights == RANDOM_WEIGHTS:
        return []
    return [str(weights_file(spec.architecture, spec.weights))]


def rates_of(spec: RunSpec) -> list[str]:
    """Return the file of the range test that chooses a run's learning rate, if any."""
    return [str(RATES / f"{rate_key(spec)}.json")] if spec.optimisation.lr == AUTO else []


def code_of(spec: RunSpec, stage: str = "train") -> list[str]:
    """Return the source files whose edit makes this run stale: its own parts and the loop."""
    strategy = strategy_of(spec.method)
    assert strategy is not None, "the plan refuses unknown strategies"
    parts: tuple[Callable[..., object], ...] = (
        architecture_of(spec.architecture).build,
        strategy.phases,
        *(part.apply for part in parts_of(spec.augmentation)),
    )
    return sources_of([f"convbench.stages.{stage}", *(_module(part) for part in parts)])


def code_of_import(spec: ImportSpec) -> list[str]:
    """Return the source files whose edit makes imported weights stale."""
    return code_of_architecture(spec.architecture, "import_weights")


def code_of_architecture(name: str, stage: str) -> list[str]:
    """Return the source files whose edit makes stale what a stage finds out about an architecture."""
    return sources_of([f"convbench.stages.{stage}", _module(architecture_of(name).build)])


def code_of_prepared(dataset: str, grid: Grid) -> list[str]:
    """Return the source files whose edit makes a prepared dataset stale."""
    reader = reader_of(dataset, settings_of(dataset, grid.datasets))
    return sources_of(["convbench.stages.prepare", _module(reader)])


def code_of_stage(stage: str) -> list[str]:
    """Return the source files of the stage called ``stage``, the report's templates included."""
    sources = sources_of([f"convbench.stages.{stage}"])
    folders = {Path(source).parent / "templates" for source in sources}
    return sources + sorted(str(path) for folder in folders for path in folder.glob("*"))


def _module(function: Callable[..., object]) -> str:
    """Return where an entry's function is defined: a ``partial`` would name somebody else's file."""
    assert not isinstance(function, partial), f"{function}: write a function or a lambda"
    return function.__module__
