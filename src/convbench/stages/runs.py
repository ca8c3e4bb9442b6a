"""The folders that a grid's results are in."""

from pathlib import Path

from convbench.config.spec import RunSpec

RUNS = Path("results/runs")
WEIGHTS = Path("results/weights")
PREPARED = Path("results/prepared")


def pretraining_folder(spec: RunSpec) -> Path:
    """Return where the run that makes ``spec.dataset``'s weights leaves its journal."""
    return WEIGHTS / spec.architecture / spec.dataset
