"""``journal.jsonl``: the history of a run, a header and then a line per epoch, flushed as it happens."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from convbench.config.spec import RunSpec
from convbench.environment import Environment
from convbench.files import make_folder, read_json_lines
from convbench.results.metrics import Result, read_result

JOURNAL = "journal.jsonl"


class Journal:
    """The history of one run, a line an epoch, on disk before the next epoch starts."""

    def __init__(self, folder: Path, spec: RunSpec, data: str, environment: Environment) -> None:
        """Start a new history in ``folder``, of a run on the prepared data whose digest is ``data``."""
        header = Header(
            run_id=spec.id,
            started=_now(),
            spec=spec.model_dump(mode="json"),
            data_digest=data,
            environment=asdict(environment),
        )
        self._file = (make_folder(folder) / JOURNAL).open("w", encoding="utf-8")
        self._write(asdict(header))

    def add(self, epoch: Mapping[str, Any]) -> None:
        """Append one epoch, with the time: the columns of ``EpochRow``, and the gradient norms."""
        self._write({"time": _now(), **epoch})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Add no more."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, sort_keys=True) + "\n")
        self._file.flush()


@dataclass(frozen=True)
class Header:
    """The first line of a journal: which run it is of, and where it takes place."""

    run_id: str
    started: int
    """Milliseconds of the wall clock."""
    spec: Mapping[str, Any]
    """The run's spec, as JSON."""
    data_digest: str
    """Of the prepared data."""
    environment: Mapping[str, Any]
    """See ``convbench.environment.Environment``."""


@dataclass(frozen=True)
class Record:
    """What a run has left on disk so far."""

    header: Header
    epochs: list[dict[str, Any]]
    """A line each."""
    result: Result | None
    """``None`` while the run is not done."""

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read a run's folder; ``None`` where the run has not begun."""
        if not (folder / JOURNAL).exists() or not (lines := read_json_lines(folder / JOURNAL)):
            return None
        return cls(Header(**lines[0]), lines[1:], read_result(folder))


def _now() -> int:
    """Return the wall clock in milliseconds, as MLflow stamps its metrics."""
    return time.time_ns() // 1_000_000
