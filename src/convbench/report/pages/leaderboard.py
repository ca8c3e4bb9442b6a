"""The leaderboards of the first page: the configurations of each task, compared with the best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from markupsafe import Markup

from convbench.analysis.summary import (
    FACTORS,
    TASK,
    UnfinishedRow,
    by_validation,
    cheapest_within_a_point,
    unfinished,
)
from convbench.data.prepared import Card
from convbench.report.pages.table import (
    MISSING,
    Shown,
    Table,
    beside,
    capitalized,
    columns,
    interval,
    link,
    shown,
    written,
)
from convbench.report.results import Results, task_of
from convbench.report.text.numbers import points
from convbench.results.rows import columns_of, rows_of
from convbench.results.schema import (
    ConfigurationKey,
    ConfigurationRow,
    SpeedRow,
    SummaryRow,
    TaskKey,
)
from convbench.scores import kind_of, scores_for, title_of

_MARGIN, _LENGTH = 6, 108  # of an interval's drawing, 120 wide
_LABELS = "The augmentation may change labels of this dataset: {}."


@dataclass(frozen=True)
class Entry:
    """One configuration of a leaderboard."""

    configuration: SummaryRow
    compared: ConfigurationRow
    inference_ms: float | None
    """Of one image; ``None``: not measured."""
    pretraining: float
    """Seconds of training that its weights took here; 0: none."""


@dataclass(frozen=True)
class Leaderboard:
    """The configurations of one task, best on validation first."""

    task: TaskKey
    card: Card | None
    """``None``: the dataset is absent."""
    entries: Sequence[Entry]
    cheapest: Entry | None
    """The one that trains fastest within a point of the best on validation; ``None``: the best does."""
    unfinished: Sequence[UnfinishedRow]
    """Configurations without a finished run."""

    @property
    def score(self) -> str:
        """What is compared, as a reader sees it."""
        return title_of(self.card.score) if self.card else "score"

    @property
    def best(self) -> Entry:
        """The configuration that validation chooses."""
        return next(entry for entry in self.entries if entry.compared.best)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest end of an interval."""
        return (
            min(entry.compared.low or 0.0 for entry in self.entries),
            max(entry.compared.high or 0.0 for entry in self.entries),
        )

    @property
    def table(self) -> Table[Entry]:
        """One row per configuration."""
        size = self.task.train_size
        return Table(
            f"Leaderboard, {self.task.dataset}, {size} training images",
            self.entries,
            [*_scored(self), *_costs(), *_more(self)],
            sortable=True,
            head=2,
        )

    @property
    def without(self) -> Table[UnfinishedRow]:
        """One row per configuration without a finished run."""
        outcomes: Shown[UnfinishedRow] = shown(
            UnfinishedRow,
            UnfinishedRow.outcomes,
            write=lambda row: link(f"reproduce.html#{row.run}", row.outcomes),
        )
        return Table(
            f"No run finished, {self.task.dataset}, {self.task.train_size} training images",
            self.unfinished,
            [
                *columns(
                    UnfinishedRow,
                    UnfinishedRow.architecture,
                    UnfinishedRow.label,
                    UnfinishedRow.augmentation,
                ),
                outcomes,
                shown(UnfinishedRow, UnfinishedRow.reason),
            ],
        )


def leaderboards(results: Results) -> Sequence[Leaderboard]:
    """Return a leaderboard for each task of the grid, by dataset and training size."""
    lost = [each for each in unfinished(results.runs) if not each.seeds]
    tasks = results.runs[list(TASK)].drop_duplicates().sort_values(list(TASK))
    return [_leaderboard(task, results, lost) for task in rows_of(tasks, TaskKey)]


def _leaderboard(task: TaskKey, results: Results, lost: Sequence[UnfinishedRow]) -> Leaderboard:
    own = task_of(results.summary, task.dataset, task.train_size)
    entries = {_key(entry.configuration): entry for entry in _entries(own, results)}
    cheapest = cheapest_within_a_point(own) if entries else None
    return Leaderboard(
        task=task,
        card=results.cards.get(task.dataset),
        entries=list(entries.values()),
        cheapest=entries[_key(cheapest)] if cheapest else None,
        unfinished=[
            each for each in lost if (each.dataset, each.train_size) == (task.dataset, task.train_size)
        ],
    )


def _entries(summary: pd.DataFrame, results: Results) -> Iterator[Entry]:
    compared = {_key(row): row for row in rows_of(results.configurations, ConfigurationRow)}
    speeds = {row.architecture: row.inference_ms for row in rows_of(results.speed, SpeedRow)}
    prices = {
        (architecture, source): result.metrics.train_seconds
        for architecture, source, result in results.pretrainings()
    }
    for row in rows_of(by_validation(summary), SummaryRow):
        yield Entry(
            configuration=row,
            compared=compared[_key(row)],
            inference_ms=speeds.get(row.architecture),
            pretraining=prices.get((row.architecture, row.weights)) or 0.0,
        )


def _key(row: ConfigurationKey) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in FACTORS)


def _of(entry: Entry) -> SummaryRow:
    return entry.configuration


def _compared(entry: Entry) -> ConfigurationRow:
    return entry.compared


def _scored(board: Leaderboard) -> Sequence[Shown[Entry]]:
    """Show the scores of a configuration, its names, and how far it is from the best."""
    low, high = board.ends
    ends = Markup("Test, 95% CI<br>{}<span>{}</span>").format(
        written(low, "percent"), written(high, "percent")
    )
    return [
        shown(SummaryRow, SummaryRow.test_score, of=_of, write=_test),
        shown(SummaryRow, SummaryRow.val_score, of=_of),
        shown(SummaryRow, SummaryRow.architecture, of=_of, write=_architecture),
        shown(SummaryRow, SummaryRow.label, of=_of, write=_strategy),
        shown(SummaryRow, SummaryRow.augmentation, of=_of, write=_augmentation),
        Shown(
            columns_of(ConfigurationRow)[ConfigurationRow.difference].heading,
            value=lambda entry: 0 if entry.compared.best else entry.compared.difference,
            format="points",
            write=_difference,
        ),
        Shown(ends, value=lambda entry: None, write=partial(_strip, low=low, high=high), strip=True),
    ]


def _costs() -> Sequence[Shown[Entry]]:
    return [
        shown(SummaryRow, SummaryRow.train_seconds, of=_of),
        shown(SpeedRow, SpeedRow.inference_ms, of=lambda entry: entry),
        shown(SummaryRow, SummaryRow.params_trainable, of=_of),
    ]


def _more(board: Leaderboard) -> Sequence[Shown[Entry]]:
    """Show the dataset's other scores, the calibration error and the seeds."""
    card = board.card
    others = scores_for(kind_of(multi_label=card.multi_label)) if card else []
    return [
        *(
            shown(SummaryRow, score.test, of=_of, heading=capitalized(score.title))
            for score in others
            if card and score.name != card.score
        ),
        shown(ConfigurationRow, ConfigurationRow.calibration_error, of=_compared),
        shown(SummaryRow, SummaryRow.seeds, of=_of, write=_seeds),
    ]


def _test(entry: Entry) -> Markup:
    return Markup("<b>{}</b>").format(written(entry.configuration.test_score, "percent"))


def _architecture(entry: Entry) -> Markup:
    row = entry.configuration
    if row.seeds == row.planned:
        return beside(row.architecture)
    title = f"{entry.compared.outcomes}; the numbers are means over the seeds that finished"
    badge = link(f"reproduce.html#{row.run}", f"{row.seeds} of {row.planned} seeds", title, "badge")
    return beside(row.architecture, badge)


def _strategy(entry: Entry) -> Markup:
    row = entry.configuration
    badge = Markup('<span class="badge" title="{}">high backbone learning rate</span>').format(
        row.rate_warning
    )
    return beside(row.label, badge if row.rate_warning else "")


def _augmentation(entry: Entry) -> Markup:
    row = entry.configuration
    title = _LABELS.format(row.label_breaking)
    badge = link(f"data.html#{row.dataset}", "changes labels", title, "badge")
    return beside(row.augmentation, badge if row.label_breaking else "")


def _difference(entry: Entry) -> str:
    row = entry.compared
    if row.best or row.difference is None:
        return "best" if row.best else MISSING
    between = interval(row.difference_low, row.difference_high)
    mark = Markup('<span class="tie">not significant</span>')
    return beside(f"{points(row.difference)} ({between})", mark if row.not_different else "")


def _strip(entry: Entry, low: float, high: float) -> Markup:
    """Draw the interval of a test score on an axis from ``low`` to ``high``."""
    row, test = entry.compared, entry.configuration.test_score
    ends = [row.low or 0.0, row.high or 0.0]
    left, right, middle = (
        round(_MARGIN + _LENGTH * (value - low) / ((high - low) or 1), 1) for value in (*ends, test)
    )
    return Markup(
        '<svg viewBox="0 0 120 12" role="img" aria-label="{}"><line x1="{}" x2="{}" y1="6" y2="6"/>'
        '<circle cx="{}" cy="6" r="4"/></svg>'
    ).format(interval(row.low, row.high, "percent"), left, right, middle)


def _seeds(entry: Entry) -> Markup:
    row = entry.configuration
    planned = f" of {row.planned}" if row.seeds < row.planned else ""
    return link(f"reproduce.html#{row.run}", f"{row.seeds}{planned}", "Its runs")
