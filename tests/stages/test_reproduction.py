import pandas as pd
import pytest

from convbench.analysis.tables import RUN_COLUMNS, table
from convbench.errors import UserError
from convbench.stages.reproduction import expect, report_reproduction


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "run_id": "a",
            "train_size": 100,
            "outcome": "finished",
            "test_accuracy": 0.1 + 0.2,
            "test_loss": 1 / 3,
        },
        {"run_id": "b", "train_size": 100, "outcome": "diverged"},
    ]
    table(rows, RUN_COLUMNS).to_parquet(tmp_path / "runs.parquet")
    return tmp_path


def test_numbers_survive_the_file_to_the_last_bit(tables, capsys):
    expect("tiny", tables)

    assert report_reproduction("tiny", tables) == 0
    assert "Reproduced 2 of 2 runs exactly" in capsys.readouterr().out


def test_a_difference_beyond_the_tolerance_is_counted_and_named(tables, capsys):
    expect("tiny", tables)
    runs = pd.read_parquet(tables / "runs.parquet")
    runs.loc[0, "test_accuracy"] = 0.45
    runs.to_parquet(tables / "runs.parquet")

    assert report_reproduction("tiny", tables) == 1
    assert "a: test accuracy 45.0%; expected: test accuracy 30.0%" in capsys.readouterr().out


def test_a_grid_without_expected_numbers_says_so(tables, capsys):
    assert report_reproduction("other", tables) == 0
    assert "no expected numbers for other" in capsys.readouterr().out


def test_tables_that_are_not_there_are_named(tables):
    expect("tiny", tables)
    (tables / "runs.parquet").unlink()

    with pytest.raises(UserError, match=r"runs\.parquet is not there yet"):
        report_reproduction("tiny", tables)
