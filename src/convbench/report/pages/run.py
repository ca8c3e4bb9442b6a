"""The page of a single run: its learning curves, its errors, and how to repeat it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from convbench.analysis.errors import confusion, most_confused
from convbench.analysis.summary import FACTORS, by_validation
from convbench.data.prepared import Prepared
from convbench.report.figures.pictures import Strip, strip
from convbench.report.pages.html import fill
from convbench.report.pages.table import Shown, Table, capitalized, written
from convbench.report.results import Results
from convbench.results.folders import GRID, METRICS
from convbench.results.predictions import Predictions
from convbench.results.rows import Format, rows_of
from convbench.results.schema import EpochRow, RunRow
from convbench.scores import SCORES

LIMIT, NAMED = 300, 50
"""Grids of up to the first number of runs have a page for each; larger ones have the second number of
pages: for runs that did not finish, then for those of the best configurations."""
_EXAMPLES = 5  # correct predictions, and as many wrong ones


@dataclass(frozen=True)
class Line:
    """One curve, epoch by epoch."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Curves:
    """Curves on one pair of axes: epochs on one, values from ``low`` to ``high`` on the other."""

    title: str
    lines: Sequence[Line]
    format: Format

    @property
    def low(self) -> float:
        """The lowest value, where the axis begins."""
        return min(min(line.values) for line in self.lines)

    @property
    def high(self) -> float:
        """The highest value, where the axis ends."""
        return max(max(line.values) for line in self.lines)

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return max(len(line.values) for line in self.lines)

    def points(self, line: Line) -> Sequence[tuple[float, float, float]]:
        """Place a curve on a field of 100 by 100, the origin at the top left: x, y and the value."""
        span = (self.high - self.low) or 1.0
        along = max(self.epochs - 1, 1)
        return [
            (100 * place / along, 100 * (self.high - value) / span, value)
            for place, value in enumerate(line.values)
        ]


@dataclass(frozen=True)
class ClassRow:
    """The test images of one class."""

    name: str
    images: int
    recall: float
    confused: str
    """The class that they are most often predicted as instead, and how often; empty where never."""


def runs_with_page(results: Results) -> list[str]:
    """Return the runs that have a page: all where there are few, else those that a reader looks for."""
    return chosen(results.runs, by_validation(results.summary)[list(FACTORS)])


def chosen(runs: pd.DataFrame, best: pd.DataFrame) -> list[str]:
    """Choose runs that have a page; ``best``: the configurations, in the order of preference."""
    if len(runs) <= LIMIT:
        return list(runs[RunRow.run_id])
    broken = runs.loc[runs[RunRow.outcome] != "finished", RunRow.run_id]
    named = best.merge(runs, on=list(best.columns), how="left")[RunRow.run_id]
    return list(dict.fromkeys([*broken, *named]))[:NAMED]


def run_pages(results: Results) -> Iterator[tuple[str, str]]:
    """Yield file, from the report's folder, and HTML of each run that has a page."""
    rows = {row.run_id: row for row in rows_of(results.runs, RunRow)}
    data = {name: results.prepared(name) for name in results.cards}
    for name in runs_with_page(results):
        yield f"runs/{name}.html", render_run(results, rows[name], data.get(rows[name].dataset))


def render_run(results: Results, run: RunRow, data: Prepared | None) -> str:
    """Return the page of one run as HTML; ``data``: its dataset, ``None`` where that is absent."""
    record, predictions = results.record(run.run_id), results.predictions(run)
    single = data if data is not None and len(predictions.ids) and not data.card.multi_label else None
    return fill(
        "run",
        results,
        root="../" * (run.run_id.count("/") + 1),
        run=run,
        score=SCORES[run.score].title if run.score else "",
        curves=_curves(record.epochs, run),
        classes=_classes(predictions, single) if single else None,
        examples=list(_examples(predictions, single)) if single else [],
        spec=json.dumps(record.header.spec, indent=1),
        data_digest=record.header.data_digest,
        environment=record.header.environment,
        command=command_of(run),
        store=results.store,
    )


def command_of(run: RunRow) -> str:
    """Return the command that repeats a run, whatever the grid's config is called."""
    return f"snakemake --cores 1 --force --configfile {GRID} -- {run.folder}/{METRICS}"


def _curves(epochs: Sequence[Mapping[str, Any]], run: RunRow) -> list[Curves]:
    """Return the curves of the score that chooses epochs, and of the loss."""
    if not epochs or run.score is None:
        return []
    score = SCORES[run.score]
    losses = [
        Line("validation", [each[EpochRow.val_loss] for each in epochs]),
        Line("training", [each[EpochRow.train_loss] for each in epochs]),
    ]
    scores = [Line("validation", [each[EpochRow.val_score] for each in epochs])]
    if score.every_epoch and epochs[0][score.train] is not None:
        scores.append(Line("training", [each[score.train] for each in epochs]))
    return [
        Curves(capitalized(score.title), scores, "percent"),
        Curves("Loss, nats", losses, "number"),
    ]


def _classes(predictions: Predictions, data: Prepared) -> Table[ClassRow]:
    counts = confusion(predictions.labels, [predictions.probabilities])
    worst = {each.true: each for each in reversed(most_confused(counts, counts.size))}
    names = data.card.classes
    rows = [
        ClassRow(
            name=names[number],
            images=int(row.sum()),
            recall=float(row[number] / max(row.sum(), 1)),
            confused=f"{names[worst[number].predicted]} ({worst[number].share:.0%})"
            if number in worst
            else "",
        )
        for number, row in enumerate(counts)
    ]
    return Table(
        "Class by class",
        rows,
        [
            Shown("Class", value=lambda row: row.name),
            Shown("Test images", value=lambda row: row.images, format="count"),
            Shown("Recall", value=lambda row: row.recall, format="percent"),
            Shown("Most often predicted as", value=lambda row: row.confused),
        ],
        sortable=True,
    )


def _examples(predictions: Predictions, data: Prepared) -> Iterator[Strip]:
    """Show the images with the most confident predictions: some correct ones, then some wrong ones."""
    predicted, confidence = (
        predictions.probabilities.argmax(axis=1),
        predictions.probabilities.max(axis=1),
    )
    names = data.card.classes
    for right in (True, False):
        places = np.flatnonzero((predicted == predictions.labels) == right)
        for place in places[np.argsort(-confidence[places], kind="stable")][:_EXAMPLES]:
            true, other = names[predictions.labels[place]], names[predicted[place]]
            caption = f"{true}: correct" if right else f"{true}, predicted as {other}"
            yield Strip(
                f"{caption} ({written(float(confidence[place]), 'percent')})",
                strip(data.pixels[[predictions.ids[place]]]),
                f"A test image of {true}",
            )
