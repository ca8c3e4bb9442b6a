"""What the best of each dataset gets wrong, and how sure it is: of its largest training size."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from convbench.analysis.calibration import Reliability, reliability
from convbench.analysis.errors import confusion, hardest, most_confused
from convbench.analysis.summary import best_by_validation, runs_of
from convbench.data.prepared import Prepared, open_prepared
from convbench.report import error_figures
from convbench.report.data_page import Strip
from convbench.report.figures import Figure
from convbench.report.pictures import strip
from convbench.stages.folders import PREPARED, RUNS
from convbench.stages.predictions import Predictions, read_predictions

_HARDEST = 12
_ONE_WAY = 0.8  # of the calibration error: where less of it has one sign, no direction is said


def error_figures_of(runs: pd.DataFrame, summary: pd.DataFrame, dataset: str) -> Iterator[Figure]:
    """Draw the confusions and the reliability of a dataset's best."""
    best, said = _best(runs, summary, dataset)
    who = f"{best['architecture']}, {best['strategy']}, {best['augmentation']}"
    where = f"{dataset}, {best['train_size']:,} images"
    data = open_prepared(PREPARED / dataset)
    labels, chances = said[0].labels, [each.probabilities for each in said]
    if not data.card.multi_label:
        counts = confusion(labels, chances)
        title = _confused(where, counts, data)
        yield error_figures.confusion(dataset, counts, data.card.classes, who, title)
    found = reliability(np.concatenate([labels] * len(said)), np.concatenate(chances))
    bins = pd.DataFrame({"confidence": found.confidence, "right": found.right, "answers": found.count})
    title = _sure(where, found, several_labels=data.card.multi_label)
    yield error_figures.reliability(dataset, bins, who, title)


def hardest_of(runs: pd.DataFrame, summary: pd.DataFrame, dataset: str) -> list[Strip]:
    """Show the test images that a dataset's best is the furthest from getting right."""
    data = open_prepared(PREPARED / dataset)
    if data.card.multi_label:
        return []
    _, said = _best(runs, summary, dataset)
    names = data.card.classes
    return [
        Strip(
            f"{names[each.true]}, taken for {names[each.said]} ({each.chance:.1%} for what it is)",
            strip(data.pixels[[said[0].ids[each.place]]]),
            f"A test image of {names[each.true]}",
        )
        for each in hardest(said[0].labels, [each.probabilities for each in said], _HARDEST)
    ]


def _best(
    runs: pd.DataFrame, summary: pd.DataFrame, dataset: str
) -> tuple[pd.Series, list[Predictions]]:
    """Return the best cell of a dataset's largest task, and what its runs said."""
    own = summary[summary["dataset"] == dataset]
    best = best_by_validation(own[own["train_size"] == own["train_size"].max()])
    return best, [read_predictions(RUNS / run) for run in runs_of(best, runs)["run_id"]]


def _confused(dataset: str, counts: np.ndarray, data: Prepared) -> str:
    found = most_confused(counts, 1)
    if not found:
        return f"{dataset}: the best makes no mistake on the test images"
    names = data.card.classes
    first = found[0]
    return (
        f"{dataset}: no class is taken for another as often as {names[first.true]} "
        f"for {names[first.said]} ({first.share:.0%} of its images)"
    )


def _sure(dataset: str, found: Reliability, *, several_labels: bool) -> str:
    """Say how far what the best says of itself is off, and which way if it is mostly one."""
    over = float(np.average(found.confidence - found.right, weights=found.count))
    if found.error < 0.01:
        return f"{dataset}: the best is as sure as it is right, within a point"
    off = f"{100 * found.error:.0f} points on average"
    if several_labels:
        return f"{dataset}: the probabilities of the best are off by {off}"
    if abs(over) < _ONE_WAY * found.error:
        return f"{dataset}: the best is off by {off} in how sure it is, both ways"
    way = "surer than it is right" if over > 0 else "less sure than it is right"
    return f"{dataset}: the best is {way}, by {off}"
