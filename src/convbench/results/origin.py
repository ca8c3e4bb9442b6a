"""A grid's working folder and its MLflow tracking URI."""

import os
import platform
from pathlib import Path

from convbench.errors import UserError
from convbench.results.folders import DATA, LOGS, REPORTS, RESULTS

_WRITTEN = (DATA, RESULTS, REPORTS, LOGS)


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
