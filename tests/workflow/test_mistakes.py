"""What a user sees who gets something wrong: one clear message, no traceback, no work done."""

from pathlib import Path

import pytest

from tests.project import TINY, copy_project


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
    assert "File " not in shown  # of a stack
    assert not (project.root / "data").exists()


def test_a_wrong_architecture_name(fresh):
    fresh.configure(architectures=["resnet21"])
    _refused(
        fresh, "config/config.yaml", "architectures: no architecture 'resnet21' (did you mean 'resnet"
    )


def test_an_unknown_key(fresh):
    fresh.configure(epochs=3)
    _refused(
        fresh, "config/config.yaml", "epochs: unknown key; there are allow_label_breaking, architectures"
    )


def test_a_negative_learning_rate(fresh):
    fresh.configure(strategies={"scratch": {**TINY["strategies"]["scratch"], "lr": -1}})
    _refused(fresh, "config/config.yaml", "strategies.scratch.lr: -1: Input should be greater than 0")


def test_a_missing_config_file(fresh):
    (fresh.root / "config" / "config.yaml").unlink()
    _refused(fresh, "cannot read the config config/config.yaml: No such file or directory")


def test_a_missing_config_file_given_to_the_check(fresh):
    done = fresh.convbench("check", "config/absent.yaml")

    assert done.returncode == 2
    assert done.stderr == (
        "convbench check: cannot read the config config/absent.yaml: No such file or directory\n"
    )


def test_a_config_that_is_no_yaml(fresh):
    (fresh.root / "config" / "config.yaml").write_text("tasks: [digits")
    _refused(fresh, "config/config.yaml is not YAML", "line 1, column 8")


def test_another_config_file_is_not_mixed_with_the_default(fresh):
    """Snakemake merges config files: the default's strategies would join another file's."""
    fresh.configure(strategies={"scratch": TINY["strategies"]["scratch"]})
    (fresh.root / "config" / "config.yaml").rename(fresh.root / "config" / "mine.yaml")
    fresh.configure()

    done = fresh.snakemake("-n", "--configfile", "config/mine.yaml")

    assert "pretrain" not in done.stdout


def test_a_results_folder_that_is_a_file(fresh):
    (fresh.root / "results").write_text("")
    _refused(fresh, "results is a file where a folder should be")


def test_a_corrupted_file_under_data(project):
    images = project.root / "data" / "digits" / "images.npy"
    images.write_bytes(images.read_bytes()[:-1] + b"\x7f")

    done = project.snakemake("--cores", "1")
    shown = done.stdout + done.stderr

    assert done.returncode != 0
    assert "data/digits is not what data.dvc pins: expected" in shown
    assert "Traceback" not in shown
