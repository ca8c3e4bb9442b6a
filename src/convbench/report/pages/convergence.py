"""The page on convergence: how fast and how steadily the networks learn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pandas as pd

from convbench.analysis.convergence import TimeToTargetRow, time_to_target
from convbench.analysis.summary import FACTORS, TASK, finished
from convbench.engine.range_test import RangeTest
from convbench.report.figures import convergence as drawings
from convbench.report.figures.base import Figure
from convbench.report.figures.hover import HoverCurves, validation_curves
from convbench.report.figures.learning import range_tests
from convbench.report.pages.html import fill
from convbench.report.pages.table import Table, interval, shown, written
from convbench.report.results import Results
from convbench.report.text import titles
from convbench.results.rates import RangeTestResult
from convbench.results.rows import rows_of
from convbench.results.schema import ConvergenceRow, EpochRow, RunRow, SummaryRow
from convbench.scores import title_of

_PANELS = 12  # range tests that are drawn
_MEANS = (
    ConvergenceRow.seconds_to_target,
    ConvergenceRow.epochs_to_target,
    ConvergenceRow.epochs_to_95_percent,
    ConvergenceRow.seconds_to_95_percent,
    ConvergenceRow.mean_score,
    ConvergenceRow.gap,
    ConvergenceRow.instability,
)


@dataclass(frozen=True)
class Learned:
    """How the runs of one configuration learned."""

    time: TimeToTargetRow
    means: ConvergenceRow
    """Means over the seeds that have the number."""


def render(results: Results) -> str:
    """Return the page as HTML."""
    return fill(
        "convergence",
        results,
        figures=list(_figures(results)),
        curves=list(_curves(results)),
        table=_table(learned(results.convergence)),
    )


def _figures(results: Results) -> Iterator[Figure]:
    if not results.datasets:
        return
    for name in results.datasets:
        yield from _of_dataset(results, name)
    if tests := dict(islice(_range_tests(results), _PANELS)):
        yield range_tests(tests)


def _range_tests(results: Results) -> Iterator[tuple[str, RangeTest]]:
    """Yield the configuration and the result of each learning-rate range test that chose a rate."""
    for key in results.plan.range_tests:
        found = RangeTestResult.read(results.plan.rate_file(key))
        if found.chosen_lr is not None:
            yield key, RangeTest(list(found.lrs), list(found.losses), found.chosen_lr)


def _of_dataset(results: Results, name: str) -> Iterator[Figure]:
    own, score = results.of(name), title_of(results.cards[name].score)
    timed = time_to_target(own.convergence, FACTORS, TASK)
    complete = timed[TimeToTargetRow.reached] == timed[TimeToTargetRow.seeds]
    largest = timed[TimeToTargetRow.train_size] == own.summary[SummaryRow.train_size].max()
    timed = timed[complete & largest]  # seeds that did not finish count as not reaching it
    if len(timed):
        title = titles.by_target(name, timed)
        yield drawings.time_to_target(name, timed, results.colours, title)
    if len(own.epochs):
        title = titles.by_epoch(name, finished(own.convergence))
        yield drawings.convergence(name, own.epochs, results.colours, score, title)


def _curves(results: Results) -> Iterator[HoverCurves]:
    """Draw each dataset's curves to point at, of its largest training size."""
    for name in map(str, results.epochs[RunRow.dataset].unique()):
        own, score = results.of(name), title_of(results.cards[name].score)
        largest = own.epochs[RunRow.train_size].max()
        epochs = own.epochs[own.epochs[RunRow.train_size] == largest]
        grouped = epochs.groupby([*FACTORS, EpochRow.epoch], sort=False)[EpochRow.val_score]
        known = finished(own.convergence)
        known = known[known[RunRow.train_size] == largest]
        title = titles.by_mean_score(name, known) if len(known) else f"{name}: no run finished"
        yield validation_curves(name, grouped.mean().reset_index(), results.colours, score, title)


def learned(runs: pd.DataFrame) -> Sequence[Learned]:
    """Summarize how the runs of each configuration learned; ``runs``: ``Results.convergence``."""
    means = runs.groupby(list(FACTORS), sort=False)[list(_MEANS)].mean().reset_index()
    timed = means.merge(time_to_target(runs, FACTORS, TASK), on=list(FACTORS))
    timed = timed.assign(**{ConvergenceRow.run_id: ""})
    rows = zip(rows_of(timed, TimeToTargetRow), rows_of(timed, ConvergenceRow), strict=True)
    return [Learned(time, mean) for time, mean in rows]


def _table(rows: Sequence[Learned]) -> Table[Learned]:
    def time(row: Learned) -> TimeToTargetRow:
        return row.time

    def mean(row: Learned) -> ConvergenceRow:
        return row.means

    to_target, *others = (shown(ConvergenceRow, name, of=mean) for name in _MEANS[1:])
    return Table(
        "Convergence of each configuration",
        rows,
        [
            *(shown(TimeToTargetRow, name, of=time) for name in FACTORS),
            shown(TimeToTargetRow, TimeToTargetRow.reached, of=time, write=_reached),
            to_target,
            shown(TimeToTargetRow, TimeToTargetRow.seconds, of=time, write=_seconds),
            *others,
        ],
        sortable=True,
    )


def _reached(row: Learned) -> str:
    return f"{row.time.reached} of {row.time.seeds}"


def _seconds(row: Learned) -> str:
    mean = written(row.time.seconds, "seconds")
    between = interval(row.time.low, row.time.high, "seconds")
    return mean if row.time.low is None else f"{mean} ({between})"
