"""Run a job in a subprocess, and always write a result, even if it is killed.

The parent imports neither torch nor pandas. It copies the child's output to the terminal and to the log.
A child that raises, is killed or exits without a result is no error of the workflow: the parent writes a
result with the reason, and the grid goes on to its report.
"""

import ctypes
import hashlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Literal

from convbench.errors import EXIT_EXCEPTION, EXIT_MEMORY, EXIT_USER_ERROR
from convbench.files import make_folder, read_json
from convbench.results.attempts import MOST_KILLS, Attempt, job_of

_LINES = 20  # of its log that a result without numbers keeps
_PDEATHSIG = 1  # prctl's option, Linux
_POLL = 0.5  # seconds between two looks at a silent child
_STOPS = (signal.SIGTERM, signal.SIGINT)
_BOTH = 0.3  # seconds in which a signal to the whole process group reaches the parent too


@dataclass(frozen=True)
class Ending:
    """How a job came to nothing."""

    outcome: Literal["failed", "killed"]
    reason: str
    log: list[str]
    """The last lines of its output."""
    attempt: int


@dataclass(frozen=True)
class Output:
    """What a job is to leave."""

    result: Path
    """The file that is written last: without it, the job has come to nothing."""
    end: Callable[[Ending], None]
    """Writes, in place of the result, that there is none and why."""
    from_outside: bool = False
    """Whether it lacks what is not ours to give, such as a server: the next call tries again."""


@dataclass(frozen=True)
class _Exit:
    """How the child process ended."""

    status: int
    """Exit status; of a child that a signal ended, minus its number."""
    lines: list[str]
    """The last lines of its output."""
    stopped: int
    """Signal that stopped the parent itself; 0 for none."""


def run_job(arguments: Sequence[str], log: Path, attempt: int, output: Output) -> int:
    """Run ``convbench`` with ``arguments``, logging to ``log``; return the parent's exit status.

    Zero unless the parent itself was stopped: then nothing is written, because nothing ended.
    """
    output.result.unlink(missing_ok=True)
    child = _run([sys.executable, "-m", "convbench", *arguments], log)
    if child.stopped:
        return 128 + child.stopped
    job, command = job_of(log), _digest(arguments)
    last = Attempt.read(job)
    ending = _ending(child, output.result, attempt, arguments[0])
    kills = _kills(last, command) + 1 if ending and ending.outcome == "killed" else 0
    if ending is not None:
        if kills == MOST_KILLS:
            reason = f"{ending.reason}, at each of {MOST_KILLS} attempts"
            ending = replace(ending, outcome="failed", reason=reason)
        output.end(ending)
        if ending.outcome == "killed":  # a child that raised has printed it itself
            print(f"{job}: killed: {ending.reason}", flush=True)
    outcome = ending.outcome if ending else _outcome_in(output.result)
    again = outcome == "killed" or (outcome == "failed" and output.from_outside)
    if last or again or attempt > 1 or outcome != "finished":
        Attempt(attempt, outcome, again, kills, command).write(job)
    return 0


def _kills(last: Attempt | None, command: str) -> int:
    """Return how often in a row the same command was killed before."""
    if last is None or last.outcome != "killed" or last.command != command:
        return 0
    return last.kills


def _ending(child: _Exit, result: Path, attempt: int, command: str) -> Ending | None:
    """Say how a child came to nothing; ``None`` where it left a result."""
    if child.status == 0 and result.exists():
        return None
    if child.status in (EXIT_EXCEPTION, EXIT_USER_ERROR):
        return Ending("failed", _message(child.lines, command), child.lines, attempt)
    return Ending("killed", _how(child), child.lines, attempt)


def _how(child: _Exit) -> str:
    """Say what ended a child that wrote no result and raised nothing."""
    if child.status == EXIT_MEMORY:
        return f"out of memory: {_last(child.lines)}"
    if child.status >= 0:
        return f"ended without a result, with exit status {child.status}"
    name = signal.Signals(-child.status).name
    return f"{name}{', as when memory runs out' if name == 'SIGKILL' else ''}"


def _message(lines: Sequence[str], command: str) -> str:
    """Return an exception's message: the last line of a traceback, or a message of several lines."""
    own = f"convbench {command}: "
    for place in reversed(range(len(lines))):
        if lines[place].startswith(own):
            return "\n".join(lines[place:]).removeprefix(own)
    return _last(lines)


def _last(lines: Sequence[str]) -> str:
    """Return the last line that is not indented: of a traceback, the exception."""
    return next((line for line in reversed(lines) if line and not line[0].isspace()), "no message")


def _outcome_in(result: Path) -> str:
    """Return the outcome that a job itself wrote: of a run, its own; of others, failed with a reason."""
    found = read_json(result) if result.suffix == ".json" else {}
    return str(found.get("outcome") or ("failed" if found.get("reason") else "finished"))


def _digest(arguments: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:16]


def _run(command: Sequence[str], log: Path) -> _Exit:
    """Run a child to its end; pass on what it prints, and the signals that tell this process to stop."""
    stopped: list[int] = []
    make_folder(log.parent)
    dies_with_it = _dies_with_parent() if sys.platform == "linux" else None
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=dies_with_it
        ) as child,
    ):

        def stop(number: int, _frame: FrameType | None) -> None:
            stopped.append(number)
            child.send_signal(number)

        for number in _STOPS:
            signal.signal(number, stop)
        lines = _copy(child, (sys.stdout.buffer, file))
        status = child.wait()
    if -status in _STOPS and not stopped:
        time.sleep(_BOTH)
    return _Exit(status, lines, stopped[0] if stopped else 0)


def _copy(child: "subprocess.Popen[bytes]", sinks: Sequence[BinaryIO]) -> list[str]:
    """Copy a child's output until it ends; return its last lines."""
    assert child.stdout is not None, "its output is a pipe"
    kept, rest = deque[bytes](maxlen=_LINES), b""
    while True:
        ready, _, _ = select.select([child.stdout], [], [], _POLL)
        if not ready:
            if child.poll() is not None:  # what a child of the child holds open is not waited for
                break
            continue
        if not (chunk := os.read(child.stdout.fileno(), 65536)):
            break
        for sink in sinks:
            sink.write(chunk)
            sink.flush()
        *whole, rest = (rest + chunk).split(b"\n")
        kept.extend(whole)
    lines = [line.rpartition(b"\r")[2].decode(errors="replace").rstrip() for line in (*kept, rest)]
    return [line for line in lines if line][-_LINES:]


def _dies_with_parent() -> Callable[[], object]:
    """Return what a child calls so that the system kills it when its parent dies: no orphan stays."""
    library = ctypes.CDLL(None)
    return lambda: library.prctl(_PDEATHSIG, signal.SIGKILL)
