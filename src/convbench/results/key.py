"""``key.json``: what the numbers of a run depend on, beside them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from convbench.files import make_folder, read_json, write_json
from convbench.results.folders import KEY


@dataclass(frozen=True)
class KeyRecord:
    """What a run depended on when it was made: see ``planning.keys.Key``."""

    spec: Mapping[str, Any]
    data: str
    weights: str
    code: str
    data_digest: str
    """Of the prepared dataset; empty where there was none."""

    @classmethod
    def of(cls, spec: str, key: str, data_digest: str) -> Self:
        """Put it together from a run's spec and the rest of its key, both as JSON."""
        own = {"data": "", "weights": "", "code": "", **json.loads(key)}
        return cls(json.loads(spec), data_digest=data_digest, **own)

    def write(self, folder: Path) -> None:
        """Write it to a run's folder."""
        write_json(make_folder(folder) / KEY, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read it from a run's folder; ``None`` where there is none."""
        path = folder / KEY
        return cls(**read_json(path)) if path.exists() else None
