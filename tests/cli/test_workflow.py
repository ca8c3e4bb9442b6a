import subprocess
import sys
from pathlib import Path

import pytest

from convbench.cli import main
from convbench.jobs.process import Ending

RUN = ["--spec", "{}", "--prepared", "data"]
METRICS, KEY = "run/metrics.json", "run/key.json"


@pytest.fixture
def output(monkeypatch):
    """Return what calls ``convbench job`` with a command and returns what it is to leave."""
    ran = {}

    def note(arguments, log, attempt, output):
        ran.update(arguments=arguments, log=log, attempt=attempt, output=output)
        return 0

    monkeypatch.setattr("convbench.jobs.process.run_job", note)

    def call(*command):
        with pytest.raises(SystemExit) as ended:
            main(["job", "--log", "one.log", "--attempt", "3", "--", *command])
        assert ended.value.code == 0
        assert ran["arguments"] == list(command)
        assert (ran["log"], ran["attempt"]) == (Path("one.log"), 3)
        return ran["output"]

    return call


@pytest.fixture
def trained(monkeypatch):
    """Return what calls ``convbench train`` and returns its arguments, without the spec."""
    given = []
    monkeypatch.setattr("convbench.config.spec.RunSpec.model_validate_json", lambda text: text)
    monkeypatch.setattr("convbench.jobs.train.train", lambda *values, key: given.extend([*values, key]))

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["train", *RUN, *arguments])
        assert not ended.value.code
        return given[1:]

    return call


def test_files_are_written_as_snakemake_joins_them(trained):
    found = trained("--weights", "w.safetensors", "--range-test", "lr.json", "--out", METRICS, KEY)

    assert found == [
        Path("data"), Path("w.safetensors"), Path("run"), None, Path("lr.json"), "{}"
    ]  # fmt: skip


def test_an_input_that_a_run_lacks_leaves_an_option_without_a_value(trained):
    found = trained("--weights", "--range-test", "--out", METRICS, "run/model.safetensors", "--key", "1")

    assert found == [
        Path("data"), None, Path("run"), Path("run/model.safetensors"), None, "1"
    ]  # fmt: skip


JOBS = [
    (["train", *RUN, "--weights", "--range-test", "--out", KEY, METRICS], METRICS),
    (["find-lr", *RUN, "--weights", "w", "--out", "lr.json"], "lr.json"),
    (["import-weights", "--spec", "{}", "--out", "w.safetensors"], "w.safetensors"),
    (
        ["prepare", "--dataset", "digits", "--image-size", "8", "--resize", "crop", "--out", "here"],
        "here/card.json",
    ),
    (["fetch", "digits", "--settings", "{}"], "results/data/digits.json"),
    (["pin", "digits", "letters"], "results/data/pinned.json"),
    (["audit", "--prepared", "here", "--out", "audit.json"], "audit.json"),
    (
        [
            *("speed", "resnet20", "--input", "8", "--channels", "3", "--threads", "1"),
            *("--device", "cpu", "--portable", "--out", "speed.json"),
        ],
        "speed.json",
    ),
    (
        ["explain", "--spec={}", "--spec={}", "--run=a", "--run=b", *RUN[2:], "--out", "here"],
        "here/about.json",
    ),
    (["open-store", "--uri", "sqlite://", "--out", "store.json"], "store.json"),
    (["track", "grid.json"], "results/tracking/runs.json"),
    (["track", "grid.json", "--out", "sent.json"], "sent.json"),
]


@pytest.mark.parametrize(("command", "result"), JOBS, ids=lambda value: value[0])
def test_a_job_knows_what_its_command_is_to_leave(output, command, result):
    assert output(*command).result == Path(result)


@pytest.mark.parametrize(("command", "result"), JOBS[3:], ids=lambda value: value[0])
def test_a_job_that_came_to_nothing_leaves_a_result_all_the_same(
    output, command, result, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    output(*command).end(Ending("killed", "SIGKILL", [], 1))

    assert "SIGKILL" in (tmp_path / result).read_text()


def test_the_parent_of_a_job_imports_nothing_heavy():
    code = (
        "import sys, convbench.jobs.process as process\nfrom convbench.cli import main\n"
        "heavy = {'torch', 'numpy', 'pandas', 'pydantic', 'mlflow'}\n"
        "process.run_job = lambda *_: print(sorted(heavy & set(sys.modules)))\n"
        f"main(['job', '--log', 'a', '--attempt', '1', '--', 'train', *{RUN}, '--out', {METRICS!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
