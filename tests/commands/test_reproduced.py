import pandas as pd
import pytest
import yaml
from tests.rows import runs_table

from convbench.cli import main
from convbench.commands.reproduced import expect, report_reproduction
from convbench.errors import UserError


def _write(folder, scores):
    """Write a table of two configurations with three seeds, and one run that diverged."""
    rows = [
        {
            "run_id": f"{strategy}/s{seed}",
            "dataset": "digits",
            "train_size": 100,
            "architecture": "net",
            "label": strategy,
            "augmentation": "none",
            "seed": seed,
            "outcome": "finished",
            "test_accuracy": score,
            "test_score": score,
            "test_loss": score / 3,
        }
        for strategy, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    rows.append({"run_id": "broken/s0", "train_size": 100, "outcome": "diverged"})
    runs_table(rows).to_parquet(folder / "runs.parquet")
    return folder


SCORES = {"calm": [0.9, 0.1 + 0.8, 0.902], "wild": [0.8, 0.85, 0.75]}
PERTURBED = {"calm": [0.901, 0.9, 0.899], "wild": [0.82, 0.8, 0.84]}


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return _write(tmp_path / "results" / "tables", SCORES)


@pytest.fixture
def perturbed(tmp_path):
    """Results of the grid with perturbed weights."""
    _write(tmp_path / "copy" / "tables", PERTURBED)
    return tmp_path / "copy"


def test_numbers_survive_the_file_to_the_last_bit(tables, perturbed, capsys):
    expect("tiny", tables, perturbed)

    assert report_reproduction("tiny", tables, strict=True)
    assert "All 7 runs are exactly as expected." in capsys.readouterr().out


def test_each_configuration_gets_a_band_from_its_own_spread(tables, perturbed):
    expect("tiny", tables, perturbed)

    band = pd.read_csv("config/expected/tiny.csv").set_index("run_id")["band"]
    assert band["calm/s0"] == band["calm/s2"] < 0.03 < 0.1 < band["wild/s0"]
    assert pd.isna(band["broken/s0"])


def test_the_tables_themselves_may_be_named(tables, perturbed):
    expect("tiny", tables, perturbed / "tables")

    assert pd.read_csv("config/expected/tiny.csv")["band"].notna().sum() == 6


def test_other_numbers_end_well_with_a_sentence_and_badly_only_if_strict(tables, perturbed, capsys):
    expect("tiny", tables, perturbed)
    _write(tables, {"calm": [0.9, 0.1 + 0.8, 0.7], "wild": [0.81, 0.85, 0.75]})
    capsys.readouterr()

    assert report_reproduction("tiny", tables)

    printed = capsys.readouterr().out
    assert printed.splitlines() == [
        "Reproduced 5 of 7 runs exactly; 1 of the others is within what rounding and another seed would "
        "change (largest difference 1.0 points), 1 is not (1 in 100 is expected to be outside): calm/s2 "
        "(70.0%, expected 90.2%)."
    ]
    assert not report_reproduction("tiny", tables, strict=True)
    assert capsys.readouterr().out == (
        f"{printed}  calm/s2 (70.0%, expected 90.2%)\n  wild/s0 (81.0%, expected 80.0%)\n"
    )


def _exit_code(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def test_the_command_takes_the_folder_and_exits_as_it_should(tables, perturbed, values, capsys):
    (tables.parent / "grid.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    command = ["reproduced", str(tables.parent / "grid.yaml"), "--tables", str(tables)]
    assert _exit_code(*command, "--update", "--perturbed", str(perturbed)) == 0
    _write(tables, PERTURBED)

    assert _exit_code(*command) == 0
    assert _exit_code(*command, "--strict") == 1
    assert _exit_code(*command, "--perturbed", str(perturbed)) == 2
    assert "--perturbed goes with --update" in capsys.readouterr().err


def test_the_same_numbers_are_no_perturbed_ones(tables):
    with pytest.raises(UserError, match="the same numbers to the bit"):
        expect("tiny", tables, tables)


def test_another_grids_numbers_are_no_perturbed_ones(tables, tmp_path):
    other = _write(tmp_path / "other", {"other": [0.5]})

    with pytest.raises(UserError, match="other holds none of the runs of this grid that finished"):
        expect("tiny", tables, other)


def test_without_a_perturbed_grid_there_are_no_bands(tables, capsys):
    expect("tiny", tables)

    assert "without bands: --perturbed FOLDER gives them" in capsys.readouterr().out
    assert "band" not in pd.read_csv("config/expected/tiny.csv")


def test_a_grid_without_expected_numbers_says_so_and_is_not_strictly_reproduced(tables, capsys):
    assert report_reproduction("other", tables)
    assert "no expected numbers for other" in capsys.readouterr().out
    assert not report_reproduction("other", tables, strict=True)


def test_tables_that_are_not_there_are_named(tables):
    expect("tiny", tables)
    (tables / "runs.parquet").unlink()

    with pytest.raises(UserError, match=r"runs\.parquet is not there yet"):
        report_reproduction("tiny", tables)
