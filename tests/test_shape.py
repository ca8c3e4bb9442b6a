"""The shape of the code base, as far as no linter holds it."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from convbench.results.rows import columns_of
from convbench.results.schema import TABLES, Metrics, SummaryRow

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "convbench"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted(
    path for path in PACKAGE.rglob("*") if path.suffix in {".jinja", ".css", ".js", ".html"}
)
FOLDERS = sorted(
    path for path in (PACKAGE, *PACKAGE.rglob("*")) if path.is_dir() and path.name != "__pycache__"
)
COLUMNS = {name for kind in (*TABLES.values(), Metrics, SummaryRow) for name in columns_of(kind)}
READERS = ("analysis", "report", "tracking", "jobs")
"""The parts that read tables."""


def _lengths(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        f"{path.stem}.{node.name}:{node.lineno}": node.end_lineno - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_function_is_longer_than_sixty_lines(path):
    assert {name: length for name, length in _lengths(path).items() if length > 60} == {}


def test_functions_are_short():
    lengths = [length for path in SOURCES for length in _lengths(path).values()]

    assert statistics.median(lengths) <= 7
    assert statistics.quantiles(lengths, n=10)[-1] <= 21


def test_no_file_is_longer_than_three_hundred_lines():
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}

    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_no_folder_has_more_than_twenty_files():
    counts = {_name(folder): sum(path.is_file() for path in folder.iterdir()) for folder in FOLDERS}

    assert {name: count for name, count in counts.items() if count > 20} == {}


def test_no_line_of_a_template_is_longer_than_140_characters():
    assert TEMPLATES
    assert [
        f"{_name(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 140
    ] == []


def _named_by_string(source: str) -> Iterator[str]:
    """Yield the columns that a Python source names by a string where a table is read or drawn."""
    takes_columns = {"columns", "by", "on", "left_on", "right_on", "x", "y", "hue", "col", "style"}
    for node in ast.walk(ast.parse(source)):
        where = None
        if isinstance(node, ast.Subscript):
            where = node.slice
        elif isinstance(node, ast.keyword) and node.arg in takes_columns:
            where = node.value
        if where is not None and _is_literal(where):
            texts = [each.value for each in ast.walk(where) if isinstance(each, ast.Constant)]
            yield from (f"{node.lineno}: {text}" for text in texts if text in COLUMNS)


def _is_literal(node: ast.AST) -> bool:
    """Tell a string, or a list, tuple, set or dictionary of them, from a larger expression."""
    return isinstance(node, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict)


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ('runs["test_score"]', "test_score"),
        ('runs.loc[rows, ["seed", "p_holm"]]', "p_holm"),
        ('runs.sort_values(by=["val_score"])', "val_score"),
        ('sns.lineplot(runs, x="epoch")', "epoch"),
        ('runs.rename(columns={"test_loss": "loss"})', "test_loss"),
    ],
)
def test_a_column_named_by_a_string_is_found(source, column):
    assert column in " ".join(_named_by_string(source))


@pytest.mark.parametrize("source", ["runs[RunRow.test_score]", 'about["mean"]', 'f(x=g("epoch"))'])
def test_what_is_no_columns_name_is_left_alone(source):
    assert list(_named_by_string(source)) == []


@pytest.mark.parametrize("part", READERS)
def test_columns_are_named_by_the_schema_and_not_by_strings(part):
    found = {
        _name(path): named
        for path in sorted((PACKAGE / part).rglob("*.py"))
        if (named := list(_named_by_string(path.read_text(encoding="utf-8"))))
    }

    assert found == {}


def test_templates_name_no_column_by_a_string():
    expression = re.compile(r"{[{%](.*?)[%}]}", re.DOTALL)
    subscript = re.compile(r"\[\s*['\"](\w+)['\"]\s*\]|attribute\s*=\s*['\"](\w+)['\"]")

    found = {
        _name(path): [name for pair in subscript.findall(inner) for name in pair if name in COLUMNS]
        for path in TEMPLATES
        for inner in expression.findall(path.read_text(encoding="utf-8"))
        if subscript.search(inner)
    }

    assert {name: columns for name, columns in found.items() if columns} == {}


def test_the_snakefile_is_a_table_of_contents():
    assert len((ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()) <= 40


def test_every_config_key_is_explained():
    from convbench.config import datasets, grid, spec, weights

    text = (ROOT / "docs" / "reference" / "config.md").read_text(encoding="utf-8")
    models = (
        grid.Grid,
        grid.StrategySettings,
        grid.Pretraining,
        datasets.DatasetSettings,
        spec.Hyperparameters,
        weights.WeightsFile,
    )
    keys = {key for model in models for key in model.model_fields}

    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_test_folders_mirror_the_package():
    package = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    tests = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}

    assert package - {"__pycache__"} <= tests
