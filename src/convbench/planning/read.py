"""Read config files, and say what is wrong with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from convbench.config.grid import Grid
from convbench.errors import UserError
from convbench.files import write_text
from convbench.planning.defaults_in_use import defaults_in_words
from convbench.planning.plan import Plan, plan
from convbench.planning.rates import rate_warnings
from convbench.results.folders import CONFIG
from convbench.results.previous import written


def read_plan(path: Path) -> Plan:
    """Read a config file, YAML or JSON, and check it.

    Raises ``UserError`` where it is absent, is no YAML mapping, or asks for what there is not.
    """
    return plan(_read(path), str(path))


def plan_of(config: Mapping[str, Any], files: Sequence[str | Path]) -> Plan:
    """Check what Snakemake read from ``--configfile`` and ``--config``.

    Without ``--configfile`` the default config is read here and not by Snakemake, which would merge
    it key by key into every other one: its strategies would join those of another file.
    """
    if files:
        return plan(config, ", ".join(str(path) for path in files))
    source = f"{CONFIG} with --config" if config else str(CONFIG)
    return plan({**_read(CONFIG), **config}, source)


def write_grid(text: str, out: Path) -> None:
    """Write the grid that Snakemake resolved from its config files and command line."""
    write_text(out, written(Grid.model_validate_json(text)))


def check(path: Path) -> None:
    """Check a config file and say what it comes to."""
    values = _read(path)
    found = plan(values, str(path))
    extra = [
        f"{len(jobs)} {what}"
        for jobs, what in (
            (found.pretrainings, "pretrainings"),
            (found.imports, "weights from elsewhere"),
            (found.range_tests, "learning-rate range tests"),
        )
        if jobs
    ]
    jobs = " and ".join([", ".join(extra[:-1]), extra[-1]] if len(extra) > 1 else extra)
    print(
        f"{path} is valid: {len(found.runs)} runs on {', '.join(found.grid.tasks)}"
        f"{f'; before them {jobs}' if jobs else ''}"
    )
    for line in defaults_in_words(found.grid, values):
        print(line)
    for name, warning in rate_warnings(found.runs.values(), found.pretrainings.values()).items():
        print(f"strategies.{name}: {warning}")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the config {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is not a config: {values!r} where 'key: value' lines should be")
    return values
