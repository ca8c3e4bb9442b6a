"""The page on scores: by training size, strategy and network, and what the best gets wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from convbench.analysis.calibration import reliability
from convbench.analysis.errors import confusion, hardest
from convbench.analysis.ranks import ranking
from convbench.analysis.summary import best_by_validation, finished, runs_of
from convbench.report.figures import errors as drawings
from convbench.report.figures.accuracy import accuracy_by_configuration, accuracy_by_size
from convbench.report.figures.base import Figure
from convbench.report.figures.pictures import Strip, strip
from convbench.report.figures.ranks import critical_difference
from convbench.report.pages.html import fill
from convbench.report.pages.table import Table, columns
from convbench.report.results import Results, in_words
from convbench.report.text import titles
from convbench.report.text.errors import calibrated, confused
from convbench.results.rows import rows_of
from convbench.results.schema import LabelRow, SummaryRow
from convbench.scores import title_of

_HARDEST = 12


@dataclass(frozen=True)
class Labels:
    """The scores of the best configuration of a task, label by label."""

    dataset: str
    train_size: int
    best: str
    table: Table[LabelRow]


def render(results: Results) -> str:
    """Return the page as HTML."""
    return fill(
        "accuracy",
        results,
        figures=list(_figures(results)),
        hardest={name: hardest_of(results, name) for name in results.datasets},
        labels=list(labels(results)),
    )


def _figures(results: Results) -> Iterator[Figure]:
    for name in results.datasets:
        own, score = results.of(name), title_of(results.cards[name].score)
        several = own.summary[SummaryRow.train_size].nunique() > 1
        draw = accuracy_by_size if several else accuracy_by_configuration
        title = titles.by_size(name, own.summary, score)
        yield draw(name, finished(own.runs), results.colours, score, title)
        yield from error_figures(results, name)
    if len(results.summary) and (found := ranking(results.summary)):
        title = titles.by_rank(found.ranks, found.p)
        yield critical_difference(found.ranks, found.pairs, found.datasets, found.p, title)


def error_figures(results: Results, dataset: str) -> Iterator[Figure]:
    """Draw the confusion matrix and the reliability of a dataset's best configuration."""
    best, runs = results.best(dataset)
    found = [results.predictions(run) for run in runs]
    card = results.cards[dataset]
    labels, probabilities = found[0].labels, [each.probabilities for each in found]
    if not card.multi_label:
        counts = confusion(labels, probabilities)
        title = confused(f"{dataset}, {best.train_size:,} images", counts, card.classes)
        yield drawings.confusion(dataset, counts, card.classes, in_words(best), title)
    measured = reliability(np.concatenate([labels] * len(found)), np.concatenate(probabilities))
    title = calibrated(dataset, measured, multi_label=card.multi_label)
    yield drawings.reliability(dataset, measured, in_words(best), title)


def hardest_of(results: Results, dataset: str) -> list[Strip]:
    """Show the test images whose true class a dataset's best configuration finds least probable."""
    data = results.prepared(dataset)
    if data.card.multi_label:
        return []
    found = [results.predictions(run) for run in results.best(dataset)[1]]
    names = data.card.classes
    return [
        Strip(
            f"{names[each.true]}, predicted as {names[each.predicted]} "
            f"(probability of {names[each.true]}: {each.probability:.1%})",
            strip(data.pixels[[found[0].ids[each.place]]]),
            f"A test image of {names[each.true]}",
        )
        for each in hardest(found[0].labels, [each.probabilities for each in found], _HARDEST)
    ]


def labels(results: Results) -> Iterator[Labels]:
    """Yield the scores label by label, of each task whose images carry any number of labels."""
    for name in results.datasets:
        if results.cards[name].multi_label:
            own = results.summary[results.summary[SummaryRow.dataset] == name]
            for size, task in own.groupby(SummaryRow.train_size, sort=True):
                best = best_by_validation(task)
                runs = [row.run_id for row in runs_of(best, results.runs)]
                rows = _means(results.labels[results.labels[LabelRow.run_id].isin(runs)])
                yield Labels(name, int(str(size)), in_words(best), _table(name, rows))


def _means(labels: pd.DataFrame) -> Sequence[LabelRow]:
    """Return means over runs, a row per label."""
    grouped = labels.groupby(LabelRow.label, sort=False)
    means = grouped.mean(numeric_only=True).reset_index()
    return rows_of(means.assign(**{LabelRow.run_id: ""}), LabelRow)


def _table(dataset: str, rows: Sequence[LabelRow]) -> Table[LabelRow]:
    names = (
        LabelRow.label,
        LabelRow.images,
        LabelRow.average_precision,
        LabelRow.f1,
        LabelRow.threshold_f1,
        LabelRow.threshold_f2,
    )
    return Table(f"Label by label, {dataset}", rows, columns(LabelRow, *names))
