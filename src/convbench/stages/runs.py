"""Where a grid's results lie."""

import os
import platform
from pathlib import Path

from convbench.config.spec import RunSpec, folder_of
from convbench.errors import UserError
from convbench.stages.folders import DATA, LOGS, REPORTS, RESULTS, RUNS, WEIGHTS

_WRITTEN = (DATA, RESULTS, REPORTS, LOGS)


def pretraining_folder(spec: RunSpec) -> Path:
    """Return where the run that makes ``spec.dataset``'s weights leaves its journal."""
    return WEIGHTS / folder_of(spec.architecture) / spec.dataset


def weights_file(architecture: str, weights: str) -> Path:
    """Return the file in which an architecture's weights lie, wherever they came from."""
    return WEIGHTS / folder_of(architecture) / f"{weights}.safetensors"


def model_file(spec: RunSpec) -> Path:
    """Return the file in which a run leaves its best epoch's weights, if the grid keeps them."""
    return RUNS / spec.id / "model.safetensors"


def speed_file(architecture: str) -> Path:
    """Return the file that says how fast an architecture is."""
    return RESULTS / "speed" / f"{folder_of(architecture)}.json"


def view_folder(view: str) -> Path:
    """Return where what was found inside the networks of ``dataset/architecture`` lies."""
    return RESULTS / "explain" / view


def rate_key(spec: RunSpec) -> str:
    """Name what a learning-rate range test is of: a run's cell, the same for all of its seeds."""
    return spec.id.rpartition("/")[0]


def check_folders() -> None:
    """Make sure, before any work, that results can be written.

    Raises ``UserError`` naming the folders that are read-only or no folders.
    """
    for folder in _WRITTEN:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file where a folder should be; move it away")
        nearest = folder if folder.exists() else Path()
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise UserError(
                f"cannot write in {nearest.resolve()}; make it writable, "
                "or work in a copy of the project elsewhere"
            )


def store_address(uri: str) -> str:
    """Return the MLflow store to use: the environment's ``MLFLOW_TRACKING_URI`` wins over ``uri``."""
    return os.environ.get("MLFLOW_TRACKING_URI") or uri


def origin() -> str:
    """Name this working copy, so that two of them that share a store leave each other's runs alone."""
    return f"{platform.node()}:{Path.cwd()}"
