"""All that reaches a run's numbers, to the bit: as pinned, and on another maker's processor."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from convbench.portable import can_be_capped

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EMULATOR = ROOT / ".emulator" / "usr" / "bin" / "qemu-x86_64"
ANOTHER_MAKERS = {"GenuineIntel": "EPYC-Rome", "AuthenticAMD": "Haswell-noTSX"}

pytestmark = pytest.mark.skipif(not can_be_capped(), reason="not Linux on x86-64 with AVX2")


def _digests(*before: str, **switches: str) -> list[str]:
    """Return what ``tests.portable`` prints, run by this interpreter, ``before`` it an emulator."""
    paths = (str(ROOT / "src"), sysconfig.get_path("purelib"))
    done = subprocess.run(
        [*before, os.path.realpath(sys.executable), "-m", "tests.portable"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **switches},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _pinned() -> list[str]:
    return (HERE / "digests.txt").read_text(encoding="utf-8").splitlines()


def test_this_processor_computes_what_is_pinned_whatever_was_set_before():
    """After a change that is to move numbers: python -m tests.portable > tests/portable/digests.txt."""
    assert _digests(ATEN_CPU_CAPABILITY="default", OPENBLAS_CORETYPE="Nehalem") == _pinned()


def _maker() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("vendor_id"))


@pytest.mark.skipif(not EMULATOR.exists(), reason="no emulator: scripts/emulator fetches it")
def test_another_makers_processor_computes_the_same():
    processor = ANOTHER_MAKERS.get(_maker(), "Haswell-noTSX")

    assert _digests(str(EMULATOR), "-cpu", processor) == _pinned()
