"""Read config files, and say what is wrong with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from convbench.config.grid import Grid
from convbench.errors import UserError
from convbench.files import write_text
from convbench.planning.plan import Plan, plan
from convbench.results.folders import CONFIG
from convbench.results.previous import written


def read_plan(path: Path) -> Plan:
    """Read a config file, YAML or JSON, and check it.

    Raises ``UserError`` where it is absent, is no YAML mapping, or asks for what there is not.
    """
    return plan(read_values(path), str(path))


def read_grid(path: Path) -> Grid:
    """Read a config file without planning its runs, for which data may have to be fetched first.

    Raises ``UserError`` where it is absent, is no YAML mapping, or has a wrong key.
    """
    return Grid.parse(read_values(path), str(path))


def plan_of(config: Mapping[str, Any], files: Sequence[str | Path]) -> Plan:
    """Check what Snakemake read from ``--configfile`` and ``--config``.

    Without ``--configfile`` the default config is read here and not by Snakemake, which would merge
    it key by key into every other one: its strategies would join those of another file.
    """
    if files:
        return plan(config, ", ".join(str(path) for path in files))
    source = f"{CONFIG} with --config" if config else str(CONFIG)
    return plan({**read_values(CONFIG), **config}, source)


def write_grid(text: str, out: Path) -> None:
    """Write the grid that Snakemake resolved from its config files and command line."""
    write_text(out, written(Grid.model_validate_json(text)))


def read_values(path: Path) -> dict[str, Any]:
    """Read a config file as it is.

    Raises ``UserError`` where it is absent or no YAML mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the config {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is not a config: {values!r} where 'key: value' lines should be")
    return values
