import os

import pytest

from convbench.config.grid import Grid
from convbench.files import make_folder, write_json, write_text
from convbench.jobs.ending import job_of_run, summary_of
from convbench.planning.plan import plan
from convbench.results import attempts
from convbench.results.attempts import Attempt
from convbench.results.folders import METRICS, REPORTS, TABLES, TRACKED
from convbench.results.rows import table, write_table
from convbench.results.schema import RunRow


@pytest.fixture
def grid(values, tmp_path, monkeypatch):
    """A plan of two runs, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    attempts._at_start.cache_clear()
    changes = {"architectures": ["simple_cnn"], "augmentations": ["none"], "seeds": [0]}
    yield plan({**values, **changes}, "mine.yaml")
    attempts._at_start.cache_clear()


def _ended(grid, *outcomes):
    for run, outcome in zip(grid.runs, outcomes, strict=True):
        folder = make_folder(grid.run_folder(run))
        if outcome:
            write_json(folder / METRICS, {"outcome": outcome})
        if outcome == "killed":
            Attempt(1, "killed", again=True, kills=1, command="").write(job_of_run(grid, run))


def _reported():
    make_folder(TABLES)
    write_table(table([], RunRow), TABLES / "runs.parquet")
    write_text(make_folder(REPORTS) / "index.html", "")


def test_a_grid_that_went_well_says_so_in_two_lines(grid):
    _ended(grid, "finished", "finished")
    _reported()

    found = summary_of(grid, "mine.yaml", done=True)

    assert found.text == "tiny: 2 runs: 2 finished.\nThe report: reports/index.html"
    assert not found.broken


@pytest.mark.parametrize(
    ("outcomes", "line", "broken"),
    [
        (("finished", "diverged"), "tiny: 2 runs: 1 finished, 1 diverged.", False),
        (("failed", "finished"), "tiny: 2 runs: 1 finished, 1 failed.", True),
        (("failed", "finished"), "To repeat those that failed: convbench retry mine.yaml, then", True),
        (("killed", "finished"), "The same command again repeats 1 killed run.", True),
        (("finished", ""), "tiny: 2 runs: 1 finished, 1 not run yet.", False),
    ],
)
def test_what_went_wrong_is_counted_and_said(grid, outcomes, line, broken):
    _ended(grid, *outcomes)

    found = summary_of(grid, "mine.yaml", done=True)

    assert line in found.text
    assert found.broken == broken


def test_what_was_not_to_be_had_is_tried_again(grid):
    _ended(grid, "finished", "failed")
    Attempt(1, "failed", again=True, kills=0, command="").write("fetch/letters")
    Attempt(1, "failed", again=True, kills=0, command="").write("fetch/of_another_grid")

    assert "again repeats fetch/letters." in summary_of(grid, "mine.yaml", done=True).text


def test_a_report_older_than_the_runs_is_not_called_theirs(grid):
    _reported()
    os.utime(REPORTS / "index.html", (0, 0))
    _ended(grid, "finished", "finished")

    text = summary_of(grid, "mine.yaml", done=True).text
    stopped = summary_of(grid, "mine.yaml", done=False).text

    assert "This call was asked for no report; reports/index.html is of an earlier call." in text
    assert "The grid did not come to its end, see above; reports/index.html is of an earlier" in stopped


def test_a_tracker_that_is_away_is_said_with_the_command_for_later(grid):
    _ended(grid, "finished", "finished")
    _reported()
    write_json(make_folder(TRACKED.parent) / TRACKED.name, {"reason": "nobody there"})

    text = summary_of(grid, "mine.yaml", done=True).text

    assert "MLflow lacks these runs: nobody there. Later: convbench track mine.yaml" in text


def test_the_token_is_another_one_only_while_runs_are_broken(grid):
    first, second = (f"train/{run}" for run in grid.runs)
    assert attempts.token_of([first, second]) == "all well"

    Attempt(1, "failed", again=False, kills=0, command="").write(first)
    attempts._at_start.cache_clear()

    assert attempts.token_of([first, second]) != attempts.token_of([first, second])
    assert attempts.token_of([second]) == "all well"


def test_the_number_of_an_attempt_is_the_same_as_long_as_a_grid_runs(grid):
    job = "train/one"
    assert attempts.attempt_of(job) == 1

    Attempt(1, "killed", again=True, kills=1, command="").write(job)

    assert attempts.attempt_of(job) == 1
    attempts._at_start.cache_clear()
    assert attempts.attempt_of(job) == 2


def test_asked_for_again_a_finished_job_has_one_more_attempt(grid):
    attempts.ask_again("train/one", "finished")

    assert attempts.attempt_of("train/one") == 2


def test_a_grid_is_written_as_it_is_read(grid, values):
    assert Grid.model_validate_json(grid.grid.model_dump_json()) == grid.grid
