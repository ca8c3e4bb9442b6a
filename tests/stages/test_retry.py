import pytest

from convbench.errors import UserError
from convbench.files import make_folder, write_json
from convbench.stages.attempts import Attempt, read_attempts
from convbench.stages.folders import METRICS, RUNS
from convbench.stages.plan import plan
from convbench.stages.retry import retry


@pytest.fixture
def grid(values, tmp_path, monkeypatch):
    """Eight runs, of which two failed; a speed measurement that failed, and one that was killed."""
    monkeypatch.chdir(tmp_path)
    made = plan({**values, "seeds": [0]}, "mine.yaml")
    for run in made.runs:
        outcome = "failed" if "/scratch/affine/" in run else "finished"
        write_json(make_folder(RUNS / run) / METRICS, {"outcome": outcome})
    for job, outcome in (("speed/resnet20", "failed"), ("speed/simple_cnn", "killed")):
        Attempt(1, outcome, again=False, kills=0, command="").write(job)
    return made


def _again():
    return sorted(job for job, last in read_attempts().items() if last.again)


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
