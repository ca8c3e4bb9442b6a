import pytest

from convbench.commands.retry import retry
from convbench.errors import UserError
from convbench.files import make_folder, write_json
from convbench.planning.plan import plan
from convbench.results.attempts import Attempt, read_attempts
from convbench.results.folders import METRICS


@pytest.fixture
def grid(values, tmp_path, monkeypatch):
    """Eight runs, of which two failed; a speed measurement that failed, and one that was killed."""
    monkeypatch.chdir(tmp_path)
    made = plan({**values, "seeds": [0]}, "mine.yaml")
    for run in made.runs:
        outcome = "failed" if "/scratch/affine/" in run else "finished"
        write_json(make_folder(made.run_folder(run)) / METRICS, {"run_id": run, "outcome": outcome})
    for job, outcome in (("speed/resnet20/0a1b2c3d", "failed"), ("speed/simple_cnn/0a1b2c3d", "killed")):
        Attempt(1, outcome, again=False, kills=0, command="").write(job)
    return made


def _again():
    """Return the jobs that run again, without the digest that their names end in."""
    return sorted(job.rpartition("/")[0] for job, last in read_attempts().items() if last.again)


def test_what_failed_runs_again_and_what_finished_does_not(grid):
    retry(grid, "failed", "*")

    assert _again() == [
        "speed/resnet20",
        "train/digits@20/resnet20/scratch/affine/s0",
        "train/digits@20/simple_cnn/scratch/affine/s0",
    ]


def test_a_pattern_chooses_among_them(grid):
    retry(grid, "failed", "*/resnet20/*")

    assert _again() == ["train/digits@20/resnet20/scratch/affine/s0"]


def test_where_there_is_none_it_says_so(grid):
    with pytest.raises(UserError, match="no run of tiny has the outcome 'diverged'"):
        retry(grid, "diverged", "*")
