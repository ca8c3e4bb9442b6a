"""Write the record of a failed or killed run."""

from pathlib import Path

import numpy as np

from convbench.config.spec import RunSpec, canonical_json
from convbench.data.prepared import CARD
from convbench.environment import environment
from convbench.files import read_json
from convbench.jobs.process import Ending
from convbench.models.weights.files import save_absence
from convbench.results.journal import Journal, Record
from convbench.results.key import KeyRecord
from convbench.results.metrics import Result
from convbench.results.predictions import Predictions
from convbench.results.schema import Metrics


def end_run(
    spec: RunSpec,
    key: str,
    prepared: Path,
    folder: Path,
    keep: Path | None,
    ending: Ending,
    begun: int,
) -> None:
    """Write the results of a run that left none: no predictions, and metrics that say why.

    The journal of its epochs stays, unless it was begun before ``begun``, in milliseconds of the wall
    clock: then it is of an earlier training.
    """
    card = read_json(prepared / CARD)
    record = Record.read(folder)
    if record is None or record.header.started < begun:
        Journal(folder, spec, card.get("digest", ""), environment()).close()
    if keep is not None:
        save_absence(keep, f"{spec.id} {ending.outcome}: {ending.reason}")
    KeyRecord.of(canonical_json(spec), key, card.get("digest", "")).write(folder)
    none = np.empty(0, np.int64)
    Predictions(none, none, np.empty((0, len(card.get("classes", [0]))), np.float32)).write(folder)
    metrics = Metrics(
        run_id=spec.id,
        outcome=ending.outcome,
        reason=ending.reason,
        score=card.get("score"),
        attempt=ending.attempt,
    )
    Result(metrics, log=ending.log).write(folder)
