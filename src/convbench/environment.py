"""Record the hardware, operating system and package versions of a run."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

_PACKAGES = ("convbench", "numpy", "pillow", "torch", "torchvision")


@dataclass(frozen=True)
class Environment:
    """One machine with its software."""

    commit: str
    """Git commit of the working tree, ``-dirty`` where it differs; ``unknown`` outside a checkout."""
    processor: str
    cores: int
    instructions: str
    """Instruction set of torch's kernels: what a portable run is capped to, or all that there is."""
    system: str
    python: str
    packages: dict[str, str]


def environment() -> Environment:
    """Describe this process's environment."""
    return Environment(
        commit=_commit(),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        instructions=torch.backends.cpu.get_cpu_capability(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
