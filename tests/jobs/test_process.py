"""A job leaves a result however its process ends; a child that a shell script plays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convbench.files import read_json, write_json
from convbench.jobs import process as jobs
from convbench.jobs.process import Output, run_job
from convbench.results.attempts import Attempt

LOG = Path("logs/train/zoo/net/s0.log")
JOB = "train/zoo/net/s0"


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Let a script be what a job runs, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    def plays(script):
        path = tmp_path / "child"
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(jobs.sys, "executable", str(path))

    yield plays
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _output(*, from_outside=False):
    endings = []
    result = Path("result.json")

    def end(ending):
        endings.append(ending)
        write_json(result, {"outcome": ending.outcome, "reason": ending.reason})

    return Output(result, end, from_outside), endings


def _run(output, attempt=1, command="train"):
    return run_job([command, "--spec", "{}"], LOG, attempt, output)


def test_a_job_that_left_its_result_is_left_alone(child, capfdbinary):
    child("""echo hello; echo '{"outcome": "finished"}' > result.json""")
    output, endings = _output()

    assert _run(output) == 0
    assert endings == []
    assert Attempt.read(JOB) is None
    assert LOG.read_text() == "hello\n"
    assert capfdbinary.readouterr().out == b"hello\n"


def test_what_lay_there_before_is_no_result(child):
    child("exit 0")
    Path("result.json").write_text('{"outcome": "finished"}')
    output, endings = _output()
    _run(output)

    assert endings[0].outcome == "killed"


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ("kill -9 $$", "killed", "SIGKILL, as when memory runs out"),
        ("kill -SEGV $$", "killed", "SIGSEGV"),
        ("kill -TERM $$", "killed", "SIGTERM"),
        ("exit 0", "killed", "ended without a result, with exit status 0"),
        ("exit 3", "killed", "ended without a result, with exit status 3"),
        ("echo MemoryError; exit 71", "killed", "out of memory: MemoryError"),
        (
            "echo Traceback; echo '  File x'; echo 'ValueError: bad'; exit 70",
            "failed",
            "ValueError: bad",
        ),
        (
            "echo 'convbench train: no such place:'; echo '  here'; exit 2",
            "failed",
            "no such place:\n  here",
        ),
    ],
)
def test_how_a_process_ended_is_said(child, script, outcome, reason):
    child(script)
    output, endings = _output()

    assert _run(output) == 0
    assert (endings[0].outcome, endings[0].reason) == (outcome, reason)
    assert Attempt.read(JOB).again == (outcome == "killed")


def test_the_last_twenty_lines_are_kept_as_a_terminal_shows_them(child):
    child(r"for i in $(seq 30); do echo line $i; done; printf '1%%\r50%%\r100%%'; kill -9 $$")
    output, endings = _output()
    _run(output)

    assert endings[0].log == [*(f"line {number}" for number in range(12, 31)), "100%"]


def test_at_the_third_kill_in_a_row_it_has_failed(child):
    child("kill -9 $$")
    output, endings = _output()
    for attempt in (1, 2, 3):
        _run(output, attempt)

    assert [each.outcome for each in endings] == ["killed", "killed", "failed"]
    assert endings[-1].reason.endswith("at each of 3 attempts")
    assert not Attempt.read(JOB).again


def test_another_command_begins_to_count_anew(child):
    child("kill -9 $$")
    output, endings = _output()
    for attempt, command in ((1, "train"), (2, "train"), (3, "find-lr")):
        _run(output, attempt, command)

    assert [each.outcome for each in endings] == ["killed"] * 3


def test_what_is_lacking_outside_is_tried_again(child):
    child("echo 'convbench fetch: away'; exit 2")
    output, _ = _output(from_outside=True)
    _run(output)

    assert Attempt.read(JOB).again


def test_a_run_that_diverged_is_not_repeated_by_itself(child):
    child("""echo '{"outcome": "diverged", "reason": "nan"}' > result.json""")
    output, _ = _output()
    _run(output)

    assert (Attempt.read(JOB).outcome, Attempt.read(JOB).again) == ("diverged", False)


def test_a_job_that_finishes_at_its_second_attempt_keeps_that_number(child):
    child("kill -9 $$")
    output, _ = _output()
    _run(output)
    child("""echo '{"outcome": "finished"}' > result.json""")
    _run(output, attempt=2)

    last = Attempt.read(JOB)
    assert (last.number, last.outcome, last.again, last.kills) == (2, "finished", False, 0)


PARENT = """
import sys
from pathlib import Path
from convbench.files import write_json
from convbench.jobs.process import Output, run_job
executable, sys.executable = sys.executable, {child!r}
output = Output(Path("result.json"), lambda ending: write_json(Path("result.json"), {{}}))
sys.exit(run_job(["train"], Path("logs/job.log"), 1, output))
"""


@pytest.fixture
def parent(tmp_path):
    """A parent in a process of its own, whose child says its id and waits."""
    script = tmp_path / "child"
    script.write_text("#!/bin/bash\necho $$\nexec sleep 600\n")
    script.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(child=str(script))], cwd=tmp_path, stdout=subprocess.PIPE
    )
    own = int(process.stdout.readline())
    yield process, own, tmp_path
    process.kill()
    process.wait()
    process.stdout.close()


def _gone(process):
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_its_child_and_writes_nothing(parent, number):
    process, child, folder = parent
    process.send_signal(number)

    assert process.wait(20) == 128 + number
    assert _gone(child)
    assert not (folder / "result.json").exists()
    assert not (folder / "results").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_when_the_parent_is_killed_no_orphan_stays(parent):
    process, child, _ = parent
    os.kill(process.pid, signal.SIGKILL)

    assert _gone(child)


def test_the_parent_imports_nothing_heavy():
    code = (
        "import sys, convbench.cli, convbench.jobs.process, convbench.jobs.outputs\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'pydantic', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_json_results_say_their_outcome_in_their_own_words(tmp_path):
    for found, outcome in (
        ({"outcome": "diverged", "reason": "nan"}, "diverged"),
        ({"reason": "no rate"}, "failed"),
        ({"reason": ""}, "finished"),
        ({}, "finished"),
    ):
        write_json(tmp_path / "result.json", found)
        assert read_json(tmp_path / "result.json") == found
        assert jobs._outcome_in(tmp_path / "result.json") == outcome
