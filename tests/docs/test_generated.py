"""What the documentation says of the code is what ``docs/generate.py`` makes of it."""

import importlib.util
from pathlib import Path

import pytest

from convbench.results.rows import columns_of
from convbench.results.schema import TABLES

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)
AGAIN = "run: python docs/generate.py"


def test_the_reference_of_the_tables_is_current():
    assert generate.TABLES_PAGE.read_text(encoding="utf-8") == generate.tables_page(), AGAIN


def test_the_reference_of_the_defaults_is_current():
    assert generate.DEFAULTS_PAGE.read_text(encoding="utf-8") == generate.defaults_page(), AGAIN


@pytest.mark.parametrize("table", TABLES)
def test_each_column_of_each_table_is_explained(table):
    section = generate.tables_page().partition(f"## `{table}`\n")[2].partition("\n## ")[0]

    assert [name for name in columns_of(TABLES[table]) if f"| `{name}` |" not in section] == []


def test_the_tree_in_the_readme_is_current():
    readme = generate.README.read_text(encoding="utf-8")

    assert generate.BEGIN in readme
    assert readme == generate.with_tree(readme), AGAIN


def test_the_tree_names_every_file_of_the_package():
    lines = generate.tree().splitlines()
    files = {path.name for path in generate.PACKAGE.rglob("*.py") if path.stem != "__init__"}

    assert {line.split()[0] for line in lines if ".py" in line} >= files


def test_a_long_description_is_cut_at_a_colon_and_not_within_a_name(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(f'"""The networks of He et al. (2016), section 4.2: {"more " * 20}."""\n')

    assert generate._purpose(path) == "The networks of He et al. (2016), section 4.2"
