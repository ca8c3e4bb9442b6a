"""What a run that came to nothing leaves: a row like any other's, with the reason."""

from pathlib import Path

import numpy as np

from convbench.config.spec import RunSpec
from convbench.data.prepared import CARD
from convbench.environment import environment
from convbench.files import read_json, write_json
from convbench.models.weights import save_absence
from convbench.stages.folders import METRICS
from convbench.stages.job import Ending
from convbench.stages.journal import Journal, Record, blank_metrics, write_predictions


def end_run(
    spec: RunSpec, prepared: Path, folder: Path, keep: Path | None, ending: Ending, begun: int
) -> None:
    """Write the results of a run that left none: no predictions, and metrics that say why.

    The journal of its epochs stays, unless it was begun before ``begun``, in milliseconds of the wall
    clock: then it is of an earlier training.
    """
    card = read_json(prepared / CARD)
    record = Record.read(folder)
    if record is None or record.header["started"] < begun:
        Journal(folder, spec, card.get("digest", ""), environment()).close()
    if keep is not None:
        save_absence(keep, f"{spec.id} {ending.outcome}: {ending.reason}")
    none = np.empty(0, np.int64)
    write_predictions(folder, none, none, np.empty((0, len(card.get("classes", [0]))), np.float32))
    found = {"outcome": ending.outcome, "reason": ending.reason, "score": card.get("score")}
    write_json(
        folder / METRICS,
        {**blank_metrics(spec.id), **found, "log": ending.log, "attempt": ending.attempt},
    )
