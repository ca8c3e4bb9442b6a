"""Check a config file, and say what it comes to."""

from pathlib import Path
from typing import Any

from convbench.jobs.fetch import count_fetched, fetch
from convbench.planning.defaults_in_use import defaults_in_words
from convbench.planning.plan import Plan, plan
from convbench.planning.rates import rate_warnings
from convbench.planning.read import read_values
from convbench.planning.training_images import NotFetchedError


def check(path: Path) -> None:
    """Check a config file; print its runs, the defaults that they use, and what is to be warned of.

    A dataset is fetched where its number of training images decides on defaults and is not known.
    """
    values = read_values(path)
    found = _planned(values, path)
    print(f"{path} is valid: {len(found.runs)} runs on {', '.join(found.grid.tasks)}{_before(found)}")
    for line in defaults_in_words(found.grid, values):
        print(line)
    for name, warning in rate_warnings(found.runs.values(), found.pretrainings.values()).items():
        print(f"strategies.{name}: {warning}")


def _planned(values: dict[str, Any], path: Path) -> Plan:
    while True:
        try:
            return plan(values, str(path))
        except NotFetchedError as unknown:
            print(
                f"{unknown.name}: fetching it to count its images, on which defaults depend", flush=True
            )
            fetch(unknown.name, unknown.settings)
            count_fetched(unknown.name, unknown.settings)  # says why, where that cannot be


def _before(found: Plan) -> str:
    """Say which jobs come before the runs."""
    jobs = [
        f"{len(jobs)} {what}"
        for jobs, what in (
            (found.pretrainings, "pretrainings"),
            (found.imports, "weights from elsewhere"),
            (found.range_tests, "learning-rate range tests"),
        )
        if jobs
    ]
    if not jobs:
        return ""
    return "; before them " + " and ".join([", ".join(jobs[:-1]), jobs[-1]] if len(jobs) > 1 else jobs)
