"""A run is repeated where something that its numbers depend on changed, and only there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pytest
from tests.project import ROOT, TINY, copy_project

from convbench.config.datasets import DatasetSettings
from convbench.config.spec import Hyperparameters, RunSpec
from convbench.config.weights import ImportSpec, WeightsFile
from convbench.planning import code
from convbench.planning.keys import code_of_prepared, code_of_run, modules_of_run
from convbench.planning.plan import plan
from convbench.strategies import STRATEGIES

SETTINGS: Mapping[str, Mapping[str, object]] = {
    "backbone_lr": {"backbone_lr": "lr/10"},
    "probe_epochs": {"probe_epochs": 1, "probe_lr": 0.01},
    "unfreeze_every": {"unfreeze_every": 1},
}
"""What a strategy needs -> the settings that give it."""

REVIEWED: Mapping[str, str] = {
    "augment/__init__.py": "looks an entry up; what the entry says is in the key",
    "models/__init__.py": "looks an entry up; what the entry says is in the key",
    "scores/__init__.py": "lists the scores, each of which is in the key",
    "strategies/__init__.py": "looks an entry up; what the entry says is in the key",
}
"""File that executes in a run and is not in the digest of its code -> why it changes no number."""


def _specs(spec):
    """Return a short run of each strategy, and one whose learning rate is looked for."""
    names = [*STRATEGIES, "fine_tune_last_1"]
    specs = {name: _of_strategy(spec, name) for name in names}
    scratch = specs["scratch"].hyperparameters.model_copy(update={"lr": "auto"})
    return {**specs, "find_lr": specs["scratch"].model_copy(update={"hyperparameters": scratch})}


def _of_strategy(spec, name):
    strategy = STRATEGIES.get(name, STRATEGIES["fine_tune"])
    settings = {"epochs": 3}
    for each in sorted(strategy.needs & set(SETTINGS)):
        settings |= SETTINGS[each]
    changes = {
        "label": name,
        "strategy": name,
        "augmentation": "affine+mixup",
        "weights": "letters" if strategy.pretrained else "random",
        "train_size": 20,
        "hyperparameters": spec.hyperparameters.model_copy(update=settings),
        "gradient_norms": True,
        "perturbation": 1e-7,
        "channels": 1,
    }
    return spec.model_copy(update=changes)


def _executed(specs, prepared, folder):
    """Make each run in a process of its own; return the files of which code executed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.planning.executed", prepared, folder],
        input=json.dumps({name: each.model_dump(mode="json") for name, each in specs.items()}),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_what_executes_in_a_run_is_in_its_key(spec, prepared, tmp_path):
    specs = _specs(spec)

    found = _executed(specs, prepared, tmp_path)

    assert set(found) == set(specs)
    for name, files in found.items():
        job = "find_lr" if name == "find_lr" else "train"
        known = code.files_of(modules_of_run(specs[name], job))
        missing = [each for each in files if each not in known and not _is_outside(each)]
        assert [each for each in missing if each not in REVIEWED] == [], name


def _is_outside(file):
    parts = (part.replace(".", "/") for part in code.OUTSIDE)
    return any(file == f"{part}.py" or file.startswith(f"{part}/") for part in parts)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, whose files the keys are made from until the test ends."""

    def forget():
        for function in vars(code).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()

    root = tmp_path / "convbench"
    shutil.copytree(ROOT / "src" / "convbench", root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "_ROOT", root)
    forget()
    yield _Package(root, forget)
    forget()


class _Package:
    """A package to be edited."""

    def __init__(self, root, forget):
        self._root, self._forget = root, forget

    def edit(self, file, old, new):
        text = (self._root / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        self.write(file, text.replace(old, new, 1))

    def append(self, file, text):
        self.write(file, f"{(self._root / file).read_text(encoding='utf-8')}\n{text}\n")

    def write(self, file, text):
        (self._root / file).write_text(text, encoding="utf-8")
        self._forget()


@pytest.fixture
def run(values):
    """A run whose parts are edited below."""
    values["portable"] = True
    return plan(values, "a.yaml").runs["digits@20/resnet20/fine_tune/affine/s0"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("augment/affine.py", "math.radians(12)", "math.radians(15)"),
        ("augment/ops/warp.py", "align_corners=False", "align_corners=True"),
        ("data/prepared.py", "self.splits == split", "self.splits != split"),
        ("engine/best.py", "(score, -loss)", "(score, loss)"),
        ("engine/evaluate.py", "_BATCH = 256", "_BATCH = 512"),
        ("engine/loop.py", "range(state.phase, len", "range(state.phase + 1, len"),
        ("engine/optimizer.py", "nesterov=momentum > 0", "nesterov=False"),
        ("engine/step.py", "self.clip_norm is not None", "self.clip_norm is None"),
        ("jobs/assembly.py", "(1 + size * noise)", "(1 - size * noise)"),
        ("models/resnet_cifar.py", 'mode="fan_out"', 'mode="fan_in"'),
        ("portable.py", '"OPENBLAS_NUM_THREADS": "1"', '"OPENBLAS_NUM_THREADS": "2"'),
        ("scores/accuracy.py", "argmax(axis=1)", "argmin(axis=1)"),
        ("seeding.py", ">> 1", ">> 2"),
        ("strategies/fine_tune.py", "rates.lr", "rates.backbone_lr"),
    ],
)
def test_an_edit_that_changes_numbers_makes_the_run_stale(package, run, file, old, new):
    before = code_of_run(run)

    package.edit(file, old, new)

    assert code_of_run(run) != before


def test_a_statement_more_in_any_file_of_a_run_makes_it_stale(package, run):
    before = code_of_run(run)
    files = code.files_of(modules_of_run(run))

    for file in files:
        package.append(file, "one_more = 1")
        after = code_of_run(run)
        assert after != before, file
        before = after


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("engine/step.py", '"""Restore what', '"""Put back what'),
        ("engine/step.py", '"""The moving average', '"""An average'),
        ("engine/optimizer.py", "# Fused, as", "# A comment: fused, as"),
        ("engine/loop.py", "loss became {loss}", "loss was {loss}"),
        ("models/resnet_cifar.py", '"depth is 6n + 2"', '"another message"'),
        ("models/weights/files.py", "there are no weights to start from", "no weights"),
        ("jobs/train.py", "print_result(metrics)", 'print("another line"); print_result(metrics)'),
        ("jobs/progress.py", "validation {self._score}", "{self._score} on validation"),
        ("jobs/progress.py", ", without training", ", not trained"),
        ("scores/accuracy.py", "Share of images whose class", "How many images' class"),
        ("scores/accuracy.py", 'title="balanced accuracy"', 'title="mean recall"'),
        ("strategies/__init__.py", "a new classifier are trained", "a classifier are trained"),
        ("augment/__init__.py", '"""The catalogue', '"""A catalogue'),
        ("results/journal.py", "def ", "def another() -> None: ...\n\n\ndef "),
        ("results/key.py", "empty where", "blank where"),
        ("config/grid.py", "listed more than once", "listed twice"),
        ("config/spec.py", "a number was expected", "not a number"),
        ("config/datasets.py", "no such score", "no score"),
        ("environment.py", "def ", "def another() -> None: ...\n\n\ndef "),
        ("errors.py", "class ", "class Another(Exception): ...\n\n\nclass "),
        ("planning/checks.py", "; there are", "; known are"),
        ("strategies/scratch.py", "return", "one_more = 1\n    return"),
        ("augment/rotation.py", "return", "one_more = 1\n    return"),
        ("report/pages/html.py", "def ", "def another() -> None: ...\n\n\ndef "),
    ],
)
def test_an_edit_that_changes_no_number_leaves_the_run_up_to_date(package, run, file, old, new):
    before = code_of_run(run)

    package.edit(file, old, new)

    assert code_of_run(run) == before


def test_the_digest_of_a_file_is_the_same_in_every_version_of_python(package):
    """Newer versions have more fields in a syntax tree. The number is that of 3.11, 3.12 and 3.13."""
    package.write(
        "phases.py", "class A:\n    x = 1\n\n    def f(self, *, y=None): return f'{y:>3}' or []\n"
    )

    assert code.files_of(["convbench.phases"])["phases.py"] == "1198f6426e75264c"


def test_a_users_own_network_depends_on_its_module_and_on_those_that_it_imports(
    tmp_path, monkeypatch, package
):
    own = tmp_path / "my_networks"
    (own / "deeper").mkdir(parents=True)
    (own / "__init__.py").touch()
    (own / "deeper" / "__init__.py").touch()
    (own / "model.py").write_text("import math, torch\nfrom my_networks.blocks import Net\n")
    (own / "blocks.py").write_text("from .deeper.parts import Net\n")
    (own / "deeper" / "parts.py").write_text("from torch import nn\nclass Net(nn.Module): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    files = code.files_of(["my_networks.model"])

    assert {f"my_networks.{name}.py" for name in ("model", "blocks", "deeper.parts")} <= set(files)
    assert not any(name.startswith(("torch", "math")) for name in files)
    package.append("../my_networks/deeper/parts.py", "one_more = 1")
    assert code.files_of(["my_networks.model"]) != files


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("data/digits.py", "return", "one_more = 1\n    return", True),
        ("data/prepare/splits.py", "return", "one_more = 1\n    return", True),
        ("data/letters.py", "return", "one_more = 1\n    return", False),
        ("jobs/progress.py", "images of", "pictures of", False),
        ("scores/accuracy.py", "argmax(axis=1)", "argmin(axis=1)", False),
    ],
)
def test_prepared_data_depends_on_the_code_that_makes_it(package, values, file, old, new, stale):
    grid = plan(values, "a.yaml").grid
    before = code_of_prepared("digits", grid)

    package.edit(file, old, new)

    assert (code_of_prepared("digits", grid) != before) == stale


_KEYS = """
import json
from pathlib import Path
from convbench.planning.read import read_plan
made = read_plan(Path("config/config.yaml"))
print(json.dumps({run: str(made.run_folder(run)) for run in made.runs}))
"""


def _folders(project):
    """Return the folder of each run of a project, by its own code."""
    done = subprocess.run(
        [sys.executable, "-c", _KEYS],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(project.root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def fresh(tmp_path):
    """A copy of the project with the tiny grid, of which nothing is made."""
    return copy_project(tmp_path / "fresh")


@pytest.mark.parametrize(
    ("file", "before"),
    [
        ("config/spec.py", "    schedule: ScheduleName"),
        ("config/spec.py", "    portable: bool = False"),
        ("config/spec.py", "    backbone_lr: BackboneRate"),
        ("config/grid.py", "    portable: bool = False"),
        ("config/datasets.py", '    on_leak: Literal["badge"'),
    ],
)
def test_an_optional_key_more_in_the_config_leaves_every_run_where_it_is(fresh, file, before):
    fresh.configure(datasets={"digits": {"split_seed": 1}})
    folders = _folders(fresh)

    fresh.edit(f"src/convbench/{file}", before, f"    compiled: bool | None = None\n{before}")

    assert folders
    assert _folders(fresh) == folders


def test_no_default_of_a_run_has_changed():
    """A key leaves settings out that have their default: another default would change no key.

    To change one, give the setting another name.
    """
    models = (RunSpec, Hyperparameters, DatasetSettings, WeightsFile, ImportSpec)

    defaults = {
        name: field.default
        for model in models
        for name, field in model.model_fields.items()
        if not field.is_required() and field.default is not None
    }

    assert defaults == {
        "channels": 3,
        "portable": False,
        "gradient_norms": False,
        "perturbation": 0.0,
        "warmup_epochs": 0.0,
        "label_smoothing": 0.0,
        "class_weights": "none",
        "split_seed": 0,
        "on_bad_image": "refuse",
        "on_leak": "badge",
        "rename": {},
    }


LETTERS = TINY["pretraining"]["letters"]


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({"image_size": 16}, {"scratch", "fine_tune"}),
        ({"resize": "crop"}, {"scratch", "fine_tune"}),
        ({"datasets": {"digits": {"split_seed": 1}}}, {"scratch", "fine_tune"}),
        ({"datasets": {"letters": {"split_seed": 1}}}, {"fine_tune"}),
        ({"pretraining": {"letters": {**LETTERS, "epochs": 2}}}, {"fine_tune"}),
        ({"tasks": {"digits@50": {"epochs": 3, "batch_size": 10}}}, {"scratch", "fine_tune"}),
        ({"name": "another"}, set()),
        ({"tracking_uri": "sqlite:///another.db", "explain": []}, set()),
        ({"seeds": [1, 0], "augmentations": ["affine", "none"]}, set()),
    ],
)
def test_what_a_run_depends_on_decides_which_folder_is_its_own(changes, moved):
    before, after = (
        {run: made.run_folder(run) for run in made.runs}
        for made in (plan(TINY, "a.yaml"), plan({**TINY, **changes}, "b.yaml"))
    )

    found = {run.split("/")[2] for run, folder in before.items() if after[run] != folder}

    assert found == moved


def _pretend(project):
    """Make an empty file of all that a grid makes, as if copied from elsewhere; return those of runs."""
    names = project.snakemake("--summary").stdout.splitlines()
    files = [name for name in (line.split("\t")[0] for line in names) if name.startswith("results/")]
    assert any(name.endswith("/metrics.json") for name in files)
    for file in files:
        path = project.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1e9, 1e9))
    shutil.rmtree(project.root / ".snakemake")
    return {file for file in files if file.endswith("/metrics.json")}


def test_results_that_were_copied_without_snakemakes_records_are_up_to_date(fresh):
    assert fresh.stale() == set(_folders(fresh)) | {"simple_cnn/letters"}

    _pretend(fresh)

    assert fresh.stale() == set()
    fresh.edit("src/convbench/strategies/fine_tune.py", "rates.lr", "2 * rates.lr")
    assert {run.split("/")[2] for run in fresh.stale()} == {"fine_tune"}


def test_two_grids_in_one_folder_repeat_nothing_of_each_other(fresh):
    grids = ({}, {"image_size": 16, "pretraining": {"letters": {**LETTERS, "epochs": 2}}})
    made = []
    for changes in grids:
        fresh.configure(**changes)
        assert fresh.stale() == set(_folders(fresh)) | {"simple_cnn/letters"}
        made.append(_pretend(fresh))

    assert not made[0] & made[1]
    for changes in grids:
        fresh.configure(**changes)
        assert fresh.stale() == set()
