import os

import pytest

from convbench.errors import UserError
from convbench.results.origin import check_folders, store_address


def test_a_fresh_folder_is_fine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    check_folders()


def test_a_file_in_the_way_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").touch()

    with pytest.raises(UserError, match="logs is a file where a folder should be"):
        check_folders()


def test_a_read_only_folder_is_named(tmp_path, monkeypatch):
    """Root may write anywhere, so the system's check is replaced."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "results")

    with pytest.raises(UserError, match=r"cannot write in .*results; make it writable"):
        check_folders()


def test_the_environment_names_the_store(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert store_address("sqlite:///mlflow.db") == "sqlite:///mlflow.db"

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert store_address("sqlite:///mlflow.db") == "http://127.0.0.1:5000"
