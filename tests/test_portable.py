import os
import subprocess
import sys

import pytest
import torch

from convbench import cli
from convbench.files import read_json_lines
from convbench.portable import SWITCHES, can_be_capped, cap

LINUX = pytest.mark.skipif(not can_be_capped(), reason="not Linux on x86-64 with AVX2")


@pytest.mark.parametrize(
    ("flags", "can"),
    [
        ("fpu fma sse4_2 avx avx2 avx512f", True),
        ("fpu fma sse4_2 avx avx2", True),
        ("fpu sse4_2 avx avx2", False),
        ("fpu fma sse4_2 avx", False),
    ],
)
@LINUX
def test_a_processor_is_capped_that_has_what_it_is_capped_to(tmp_path, flags, can):
    info = tmp_path / "cpuinfo"
    info.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\n")

    assert can_be_capped(info) == can


@pytest.mark.parametrize(("system", "machine"), [("darwin", "x86_64"), ("linux", "aarch64")])
def test_other_systems_are_left_alone(tmp_path, monkeypatch, system, machine):
    info = tmp_path / "cpuinfo"
    info.write_text("flags : fma avx2\n")
    monkeypatch.setattr("convbench.portable.sys.platform", system)
    monkeypatch.setattr("convbench.portable.platform.machine", lambda: machine)

    assert not can_be_capped(info)


@LINUX
def test_once_torch_is_loaded_it_is_too_late(monkeypatch):
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)

    with pytest.raises(RuntimeError, match="too late to cap numpy and torch"):
        cap()


@LINUX
@pytest.mark.parametrize("portable", [True, False])
def test_a_portable_run_is_capped_and_says_so_and_another_is_not(spec, prepared, tmp_path, portable):
    run = spec.model_copy(update={"portable": portable})
    environment = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    files = [str(tmp_path / "run" / name) for name in ("metrics.json", "predictions.parquet")]
    command = ["train", "--spec", run.model_dump_json(), "--prepared", str(prepared), "--out", *files]
    done = subprocess.run(
        [sys.executable, "-m", "convbench", *command], env=environment, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr
    recorded = read_json_lines(tmp_path / "run" / "journal.jsonl")[0]["environment"]["instructions"]
    assert recorded == ("AVX2" if portable else _uncapped(environment))


def _uncapped(environment):
    code = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_adamw_takes_the_processors_own_square_root():
    from convbench.engine.optimizer import make_optimizer

    layer = torch.nn.Linear(2, 2)
    optimizer = make_optimizer("adamw", [(layer.parameters(), 0.1)], 0.9, 0.0)

    assert all(group["fused"] for group in optimizer.param_groups)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("prepare", ["--dataset", "digits", "--image-size", "8", "--resize", "crop", "--out", "x"]),
        ("import-weights", ["--spec", "{}", "--out", "x"]),
        ("fetch", ["digits"]),
        ("find-lr", ["--spec", '{"portable": true}', "--prepared", "x", "--out", "x"]),
        (
            "speed",
            [
                *("simple_cnn", "--input", "8", "--channels", "3", "--threads", "1"),
                *("--device", "cpu", "--out", "x", "--portable"),
            ],
        ),
    ],
)
def test_all_whose_numbers_reach_portable_runs_is_capped_first(monkeypatch, command, arguments):
    monkeypatch.setattr(cli, "cap", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        cli.main([command, *arguments])
