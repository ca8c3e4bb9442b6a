"""Count a job's attempts, and decide whether to retry it.

A job that was killed, or that lacked something from outside, leaves a result with the reason; nothing is
deleted to repeat it. The number of its next attempt is a parameter of its rule, and Snakemake repeats a
job whose parameters changed.

``results/jobs/<job>.json``  one file a job that did not end well at its first attempt
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

from convbench.files import make_folder, read_json, write_json
from convbench.results.folders import JOBS, LOGS

MOST_KILLS = 3
"""Attempts in a row at which a job may be killed before it counts as failed."""


@dataclass(frozen=True)
class Attempt:
    """How the last attempt of a job ended."""

    number: int
    """From 1."""
    outcome: str
    """``finished``, ``diverged``, ``failed`` or ``killed``."""
    again: bool
    """Whether the next call of Snakemake repeats the job."""
    kills: int
    """Attempts in a row, this one included, at which the job was killed."""
    command: str
    """Digest of the job's arguments: another command has attempts of its own."""

    @classmethod
    def read(cls, job: str) -> Self | None:
        """Read the last attempt of a job; ``None`` where the first one ended well, or none began."""
        path = _file(job)
        return cls(**read_json(path)) if path.exists() else None

    def write(self, job: str) -> None:
        """Make this the last attempt of a job."""
        make_folder(_file(job).parent)
        write_json(_file(job), asdict(self))


def attempt_of(job: str) -> int:
    """Return the number of the attempt that a job's result is to come from, as the grid began."""
    last = _at_start().get(job)
    return 1 if last is None else last.number + last.again


def pending(job: str) -> list[str]:
    """Return the file that asks for another attempt of a job, if it does; it is newer than the results.

    As an input of the job's rule it makes Snakemake repeat the job, whatever Snakemake remembers of it.
    """
    last = _at_start().get(job)
    return [str(_file(job))] if last is not None and last.again else []


def token_of(jobs: Iterable[str]) -> str:
    """Return a text that is another one at each call while some of ``jobs`` failed or were killed."""
    states = _at_start()
    broken = any(job in states and states[job].outcome in ("failed", "killed") for job in jobs)
    return str(time.time_ns()) if broken else "all well"


def asked_again() -> list[str]:
    """Name the jobs that the next call of Snakemake repeats."""
    return sorted(job for job, last in read_attempts().items() if last.again)


def job_of(log: Path) -> str:
    """Name the job that writes ``log``: ``train/digits@50/simple_cnn/scratch/none/s0/9a3f5f07``."""
    return log.relative_to(LOGS).with_suffix("").as_posix()


def without_key(job: str) -> str:
    """Return the name of a job as users know it: ``train/digits@50/simple_cnn/scratch/none/s0``."""
    return re.sub(r"/[0-9a-f]{8}$", "", job)


def ask_again(job: str, outcome: str) -> None:
    """Let the next call of Snakemake repeat a job, which ended with ``outcome``."""
    last = Attempt.read(job) or Attempt(1, outcome, again=False, kills=0, command="")
    replace(last, again=True, kills=0).write(job)


@cache
def _at_start() -> Mapping[str, Attempt]:
    """Read all attempts once: what a job leaves while the grid runs concerns the next call alone."""
    return read_attempts()


def read_attempts() -> Mapping[str, Attempt]:
    """Read the last attempts of all jobs that did not end well at their first one."""
    files = {path.relative_to(JOBS).with_suffix("").as_posix(): path for path in JOBS.rglob("*.json")}
    return {job: Attempt(**read_json(path)) for job, path in files.items()}


def _file(job: str) -> Path:
    return JOBS / f"{job}.json"
