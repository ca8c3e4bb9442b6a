"""Every command in the README and in docs/ is run in a copy of the project.

Commands that train, set up or delete are run dry. Those that take a network, hours or another machine
are listed with the reason; the shell must be able to read them.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.layouts.replicas import encoded, picture
from tests.project import RECIPE, ROOT, Project, copy_project

from convbench.config.datasets import DatasetSettings
from convbench.config.grid import Grid
from convbench.config.weights import WeightsFile

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
NOT_RUN = {
    r"pip install .*": "takes a package index",
    r"source \.venv/bin/activate": "make creates the environment",
    r"make lock": "takes a package index",
    r"dvc (push|pull) .*": "takes the shared folder",
    r"rsync .*": "takes another machine",
    r"cp -r \. \.\./perturbed": "copies the whole project",
    r"\(cd \.\./perturbed && .*": "trains the default grid",
    r"snakemake --report .*": "takes a finished grid",
    r"convbench reproduced .* --update .*": "takes a perturbed grid",
    r"mlflow ui .*": "serves until it is stopped",
    r"scripts/acceptance .*": "takes archives",
    r"python -m (tests\.portable|convbench\.models\.facts).*": "takes minutes",
    r"python docs/generate\.py": "writes to the checkout; test_generated.py runs it",
    r"(\.venv/bin/)?pre-commit install": "changes the checkout's hooks",
}
"""Command, as a regular expression -> why it is not run."""

ENDS = {
    "convbench retry": (2, "no run of embedded"),
    "convbench why flowers/": (1, "was never run"),
    "convbench reproduced config/config.yaml --strict": (1, "Reproduced 0 of 84 runs"),
    'snakemake -n --config "augmentations=[none, affine, flips]"': (1, "flips"),
}
"""Beginning of a command -> its exit status in the copied project, and a part of what it prints."""


def _blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield each page's name with each of its code blocks in a language."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            yield str(page.relative_to(ROOT)), block


def _commands() -> list[str]:
    """Return the commands of all pages, each once, without the comments behind them."""
    lines = [line for _, block in _blocks("sh") for line in block.splitlines()]
    return list(dict.fromkeys(bare for line in lines if (bare := re.split(r"(?:^| +)# ", line)[0])))


def _why_not(command: str) -> str | None:
    return next((why for form, why in NOT_RUN.items() if re.fullmatch(form, command)), None)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A copy with one finished run, and with what the commands name in a home folder."""
    root = tmp_path_factory.mktemp("docs")
    project = copy_project(root / "convbench")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / name, project.root / name)
    project.configure(
        name="embedded",
        tasks={"digits@200": {"epochs": 1, "batch_size": 50}},
        strategies={"scratch": {"weights": "random", **RECIPE}},
        augmentations=["none"],
        pretraining={},
    )
    done = project.snakemake("--cores", "2", "results/tables/runs.parquet")
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(project.root / "results", root / "other" / "results")
    for place, name in ((name, n) for name in ("rose", "tulip") for n in range(8)):
        path = root / "home" / "pictures" / "flowers" / place / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(picture(40, 32), "PNG"))
    (root / "home" / "checkpoints").mkdir()
    (root / "home" / "checkpoints" / "resnet18.pth").write_bytes(b"weights")
    for _, block in _blocks("python"):
        if named := re.match(r"# (\w+\.py)\n", block):
            (project.root / named[1]).write_text(block, encoding="utf-8")
    return project


def _in_shell(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")},
        "HOME": str(project.root.parent / "home"),
        "PYTHONPATH": str(project.root / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=project.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _without_work(command: str) -> str:
    """Return the dry run of a command that trains, sets up or deletes."""
    if command.startswith("make "):
        return command.replace("make ", "make -n ", 1)
    if command.startswith("snakemake ") and " -n" not in command:
        return f"{command} -n"
    return re.sub("^rm -r ", "test -d ", command)


@pytest.mark.parametrize("command", [each for each in _commands() if not _why_not(each)])
def test_a_command_does_what_the_page_says(project, command):
    status, text = next((end for start, end in ENDS.items() if command.startswith(start)), (0, ""))

    done = _in_shell(project, _without_work(command))

    assert done.returncode == status, done.stdout + done.stderr
    assert text in done.stdout + done.stderr


@pytest.mark.parametrize("command", [each for each in _commands() if _why_not(each)])
def test_a_command_that_is_not_run_can_be_read_by_the_shell(command):
    read = subprocess.run(["bash", "-nc", command], capture_output=True, text=True, check=False)

    assert read.returncode == 0, read.stderr


def test_no_reason_is_left_of_a_command_that_is_gone():
    commands = _commands()

    assert [form for form in NOT_RUN if not any(re.fullmatch(form, each) for each in commands)] == []
    assert [start for start in ENDS if not any(each.startswith(start) for each in commands)] == []


@pytest.mark.parametrize(("page", "block"), list(_blocks("yaml")))
def test_a_piece_of_a_config_has_the_keys_that_there_are(page, block):
    values = yaml.safe_load(block)

    assert set(values) <= set(Grid.model_fields), page
    for settings in values.get("datasets", {}).values():
        DatasetSettings.model_validate(settings)
    for files in values.get("weights", {}).values():
        for file in files.values() if isinstance(files, dict) else ():
            WeightsFile.model_validate(file)


def test_the_readmes_ten_lines_are_those_of_a_config():
    [block] = [block for page, block in _blocks("yaml") if page == "README.md"]

    assert len(block.splitlines()) <= 10
    assert block in (ROOT / "config" / "photographs.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "block"), list(_blocks("python")))
def test_a_piece_of_python_runs(project, page, block, monkeypatch):
    monkeypatch.syspath_prepend(str(project.root))

    exec(compile(block, page, "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")

    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
            }


def test_every_command_of_a_user_is_explained():
    from convbench.cli import parser

    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    [commands] = [each for each in parser()._actions if each.dest == "command"]
    helps = {each.dest: each.help for each in commands._choices_actions}
    for name, command in commands.choices.items():
        if not helps[name].startswith("workflow:"):
            assert f"`convbench {name} " in page
            assert [each for each in _options(command) if f"`{each}" not in page] == []


def _options(command: argparse.ArgumentParser) -> list[str]:
    shown = [each for each in command._actions if each.help != argparse.SUPPRESS and each.dest != "help"]
    return [option for each in shown for option in each.option_strings]
