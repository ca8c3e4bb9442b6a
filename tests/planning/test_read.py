import pytest
import yaml

from convbench.errors import UserError
from convbench.planning.read import plan_of, read_plan, write_grid


def test_the_resolved_grid_reads_back_as_the_same_plan(values, tmp_path):
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    plan = read_plan(tmp_path / "a.yaml")

    write_grid(plan.grid.model_dump_json(), tmp_path / "grid.json")

    assert list(read_plan(tmp_path / "grid.json").runs) == list(plan.runs)
    assert read_plan(tmp_path / "grid.json").grid == plan.grid


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read the config"),
        ("a: [1", "is not YAML"),
        ("just words", "is not a config: 'just words'"),
        ("", "is not a config: None"),
    ],
)
def test_a_file_that_is_no_config_is_named(tmp_path, text, message):
    if text is not None:
        (tmp_path / "a.yaml").write_text(text)

    with pytest.raises(UserError, match=message) as caught:
        read_plan(tmp_path / "a.yaml")

    assert "a.yaml" in str(caught.value)


def test_a_value_from_the_command_line_wins_over_the_default_config(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(yaml.safe_dump(values))

    assert plan_of({"seeds": [7]}, []).grid.seeds == (7,)
    assert plan_of({}, []).grid.seeds == (0, 1)


def test_a_config_file_stands_alone(values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where there is no default config

    assert plan_of(values, ["mine.yaml"]).grid.name == "tiny"
