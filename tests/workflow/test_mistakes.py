"""What a user sees who gets something wrong: one clear message, no traceback, no work done."""

import os
from pathlib import Path

import pytest

from tests.workflow.conftest import TINY, copy_project


@pytest.fixture
def fresh(tmp_path: Path):
    """A copy in which nothing has run."""
    return copy_project(tmp_path / "convbench")


def _refused(project, *messages, arguments=("--cores", "1")):
    done = project.snakemake(*arguments)
    shown = done.stdout + done.stderr
    assert done.returncode != 0
    for message in messages:
        assert message in shown
    assert "Traceback" not in shown
    assert not (project.root / "data").exists()


def test_a_wrong_architecture_name(fresh):
    fresh.configure(architectures=["resnet21"])
    _refused(fresh, "config/config.yaml", "architectures: no 'resnet21' (did you mean 'resnet20'?)")


def test_an_unknown_key(fresh):
    fresh.configure(epochs=3)
    _refused(fresh, "config/config.yaml", "epochs: unknown key; there are architectures")


def test_a_negative_learning_rate(fresh):
    fresh.configure(strategies={"scratch": {**TINY["strategies"]["scratch"], "lr": -1}})
    _refused(fresh, "config/config.yaml", "strategies.scratch.lr: -1: Input should be greater than 0")


def test_a_missing_config_file(fresh):
    _refused(fresh, "config/absent.yaml", arguments=("--cores", "1", "--configfile", "config/absent.yaml"))


def test_a_config_that_is_no_yaml(fresh):
    (fresh.root / "config" / "config.yaml").write_text("tasks: [digits")
    _refused(fresh, "config.yaml")


def test_another_config_file_is_not_mixed_with_the_default(fresh):
    """Snakemake merges config files: the default's strategies would join another file's."""
    fresh.configure(strategies={"scratch": TINY["strategies"]["scratch"]})
    (fresh.root / "config" / "config.yaml").rename(fresh.root / "config" / "mine.yaml")
    fresh.configure()

    done = fresh.snakemake("-n", "--configfile", "config/mine.yaml")

    assert "pretrain" not in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_results_folder_that_is_read_only(fresh):
    (fresh.root / "results").mkdir(mode=0o555)
    _refused(fresh, "results")


def test_a_results_folder_that_is_a_file(fresh):
    (fresh.root / "results").write_text("")
    _refused(fresh, "results")


def test_a_corrupted_file_under_data(project):
    images = project.root / "data" / "digits" / "images.npy"
    images.write_bytes(images.read_bytes()[:-1] + b"\x7f")

    done = project.snakemake("--cores", "1")
    shown = done.stdout + done.stderr

    assert done.returncode != 0
    assert "data/digits is not what data.dvc pins: expected" in shown
    assert "Traceback" not in shown
