"""The shape of the code base, as far as no linter holds it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def _functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_function_is_longer_than_sixty_lines(path):
    assert [f.name for f in _functions(path) if f.end_lineno - f.lineno + 1 > 60] == []


def test_the_snakefile_is_a_table_of_contents():
    assert len((ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()) <= 40


def test_every_config_key_is_explained():
    from convbench.config import datasets, grid, spec, weights

    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    models = (
        grid.Grid,
        grid.StrategySettings,
        grid.Pretraining,
        datasets.DatasetSettings,
        spec.Budget,
        weights.WeightsFile,
    )
    keys = {key for model in models for key in model.model_fields}

    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_test_folders_mirror_the_package():
    package = {path.name for path in (ROOT / "src" / "convbench").iterdir() if path.is_dir()}
    tests = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}

    assert package - {"__pycache__"} <= tests
