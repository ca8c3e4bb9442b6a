"""Expand a config into runs, and the pretrainings and weights that they start from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convbench.config.grid import Grid
from convbench.config.spec import AUTO, RANDOM_WEIGHTS, RunSpec, folder_of
from convbench.config.weights import ImportSpec
from convbench.errors import UserError
from convbench.planning.checks import problems_of, too_long
from convbench.planning.keys import Key, data_settings, digest_of, key_of_import, key_of_run
from convbench.planning.resolve import resolved
from convbench.planning.runs import explained, pretraining_run, runs_of
from convbench.results.folders import AUDITS, EXPLAINED, PREPARED, RATES, RUNS, SPEEDS, START, WEIGHTS


@dataclass(frozen=True)
class Plan:
    """A valid grid, the runs that it stands for, and where their results lie."""

    grid: Grid
    runs: Mapping[str, RunSpec]
    """Run id -> run, in the config's order."""
    pretrainings: Mapping[str, RunSpec]
    """``architecture/source`` -> the run that makes these weights."""
    imports: Mapping[str, ImportSpec]
    """``architecture/weights`` -> weights that come from elsewhere."""
    explained: Mapping[str, Sequence[RunSpec]]
    """``dataset/architecture`` -> the runs whose networks the report explains."""
    range_tests: Mapping[str, RunSpec]
    """Configuration -> the run whose learning rate is looked for: that of its first seed."""
    keys: Mapping[str, Key]
    """Run id -> what its numbers depend on."""
    pretraining_keys: Mapping[str, Key]
    """``architecture/source`` -> the key of the run that makes these weights."""
    weights: Mapping[str, str]
    """``architecture/weights`` -> digest of what they depend on."""
    rates: Mapping[str, str]
    """Configuration -> digest of what its range test depends on."""

    def run_folder(self, run: str) -> Path:
        """Return where the run with this id leaves its results."""
        return RUNS / run / self.keys[run].digest

    def weights_folder(self, name: str) -> Path:
        """Return where the weights called ``architecture/weights`` lie, with the run that made them."""
        return WEIGHTS / name / self.weights[name]

    def weights_of(self, spec: RunSpec) -> list[str]:
        """Return the weights file that a run starts from, if any."""
        if spec.weights == RANDOM_WEIGHTS:
            return []
        return [str(self.weights_folder(weights_name(spec)) / START)]

    def rates_of(self, spec: RunSpec) -> list[str]:
        """Return the file of the range test that chooses a run's learning rate, if any."""
        return [str(self.rate_file(configuration_of(spec)))] if spec.hyperparameters.lr == AUTO else []

    def prepared(self, dataset: str) -> Path:
        """Return where a dataset of this grid is prepared."""
        return PREPARED / dataset / self._data_key(dataset)

    def audit_file(self, dataset: str) -> Path:
        """Return the file with what the audit of a dataset found."""
        return AUDITS / dataset / f"{self._data_key(dataset)}.json"

    def _data_key(self, dataset: str) -> str:
        return f"{self.grid.image_size}px/{digest_of(data_settings(self.grid, dataset))}"

    def rate_file(self, configuration: str) -> Path:
        """Return the file with what a learning-rate range test found."""
        return RATES / configuration / f"{self.rates[configuration]}.json"

    def view_folder(self, view: str) -> Path:
        """Return where what was found inside the networks of ``dataset/architecture`` lies."""
        return EXPLAINED / view / digest_of([self.keys[run.id].digest for run in self.explained[view]])

    def speed_file(self, architecture: str) -> Path:
        """Return the file with the speed of an architecture."""
        grid = self.grid
        settings = [grid.image_size, grid.channels, grid.threads, grid.device, grid.portable]
        return SPEEDS / folder_of(architecture) / f"{digest_of(settings)}.json"


def plan(values: Mapping[str, Any], source: str) -> Plan:
    """Expand the content of the config file(s) called ``source`` into runs.

    Raises ``UserError`` naming every wrong key or name, its value and what would be right.
    """
    grid = resolved(Grid.parse(values, source))
    _refuse(problems_of(grid), source)
    runs = {spec.id: spec for spec in runs_of(grid)}
    _refuse(too_long(runs.values()), source)
    starts = [(f"{folder_of(name)}/{weights}", name, weights) for name, weights in grid.starts()]
    pretrainings = {
        key: pretraining_run(grid, name, weights)
        for key, name, weights in starts
        if weights in grid.pretraining
    }
    imports = {
        key: _import(grid, name, weights)
        for key, name, weights in starts
        if weights not in grid.pretraining
    }
    made = {name: key_of_run(grid, spec, "") for name, spec in pretrainings.items()}
    weights = {
        **{name: key.digest for name, key in made.items()},
        **{name: key_of_import(spec) for name, spec in imports.items()},
    }
    tests = _range_tests(runs.values())
    return Plan(
        grid=grid,
        runs=runs,
        pretrainings=pretrainings,
        imports=imports,
        explained=explained(grid, runs.values()),
        range_tests=tests,
        keys={
            run: key_of_run(grid, spec, weights.get(weights_name(spec), ""))
            for run, spec in runs.items()
        },
        pretraining_keys=made,
        weights=weights,
        rates={
            name: key_of_run(grid, spec, weights.get(weights_name(spec), ""), "find_lr").digest
            for name, spec in tests.items()
        },
    )


def _refuse(problems: Sequence[str], source: str) -> None:
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise UserError(f"{source} asks for what there is not:\n{listed}")


def weights_name(spec: RunSpec) -> str:
    """Name the weights that a run starts from: ``architecture/source``; empty: random ones."""
    if spec.weights == RANDOM_WEIGHTS:
        return ""
    return f"{folder_of(spec.architecture)}/{spec.weights}"


def configuration_of(spec: RunSpec) -> str:
    """Name a run's configuration: its id without the seed."""
    return spec.id.rpartition("/")[0]


def _range_tests(runs: Iterable[RunSpec]) -> dict[str, RunSpec]:
    wanted = [spec for spec in runs if spec.hyperparameters.lr == AUTO]
    return {configuration_of(spec): spec for spec in reversed(wanted)}


def _import(grid: Grid, architecture: str, weights: str) -> ImportSpec:
    return ImportSpec(
        architecture=architecture,
        weights=weights,
        image_size=grid.image_size,
        file=grid.weights[weights][architecture] if weights in grid.weights else None,
    )
