"""What Snakemake does before any work."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convbench.errors import UserError
from convbench.stages.checks import rate_warnings
from convbench.stages.fetch import check_changed
from convbench.stages.grid import plan_of
from convbench.stages.plan import Plan
from convbench.stages.runs import check_folders


def ready(config: Mapping[str, Any], files: Sequence[str | Path]) -> Plan:
    """Make sure that the config is right, the folders can be written and the data is what it was.

    Ends the process with the message of what is not: Snakemake would add a stack trace to it.
    """
    try:
        plan = plan_of(config, files)
        check_folders()
        check_changed(plan.grid.dataset_names(), plan.grid.datasets)
        for name, warning in rate_warnings(plan.grid).items():
            print(f"strategies.{name}: {warning}", file=sys.stderr)
    except UserError as error:
        raise SystemExit(f"convbench: {error}") from None
    return plan


def any_of(names: Iterable[str]) -> str:
    """Return the regular expression of a wildcard that stands for one of ``names``; of none, nothing."""
    return "|".join(map(re.escape, names)) or "none"
