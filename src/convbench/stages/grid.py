"""Read a config file outside Snakemake."""

from pathlib import Path

import yaml

from convbench.config.grid import Grid
from convbench.errors import UserError
from convbench.files import write_text
from convbench.stages.plan import Plan, plan


def read_plan(path: Path) -> Plan:
    """Read a config file, YAML or JSON, and check it.

    Raises ``UserError`` where it is absent, is no YAML mapping, or asks for what there is not.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the config {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} is not a config: {values!r} where 'key: value' lines should be")
    return plan(values, str(path))


def write_grid(text: str, out: Path) -> None:
    """Write the grid that Snakemake resolved from its config files and command line."""
    write_text(out, Grid.model_validate_json(text).model_dump_json(indent=1) + "\n")
