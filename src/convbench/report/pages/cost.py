"""The page on cost: training time, speed, parameters, multiply-adds, pretraining."""

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from convbench.analysis.pareto import FRONT, front
from convbench.report.figures import cost as drawings
from convbench.report.figures.base import Figure
from convbench.report.pages.html import fill
from convbench.report.pages.table import Shown, Table, columns, marks, shown, written
from convbench.report.results import Results
from convbench.report.text import titles
from convbench.results.metrics import Result
from convbench.results.rows import rows_of
from convbench.results.schema import Metrics, SpeedRow, SummaryRow
from convbench.scores import title_of

_COSTS = (SpeedRow.inference_ms, SummaryRow.params_total, SummaryRow.macs)

Pretraining = tuple[str, str, Result]
"""Architecture, source and what came of it."""


def render(results: Results) -> str:
    """Return the page as HTML."""
    return fill(
        "cost",
        results,
        figures=list(_figures(results)),
        speed=_speed(results),
        pretraining=_pretraining(results),
        imported=[f"{spec.architecture}: {spec.weights}" for spec in results.plan.imports.values()],
    )


def _figures(results: Results) -> Iterator[Figure]:
    for name in results.datasets:
        yield from _of_dataset(results, name)
    if len(results.summary):
        title = titles.by_parameters(results.summary)
        yield drawings.parameters(results.summary, results.colours, title)


def _of_dataset(results: Results, name: str) -> Iterator[Figure]:
    summary, score = results.of(name).summary, title_of(results.cards[name].score)
    tasks = [task for _, task in summary.groupby(SummaryRow.train_size)]
    fronts = pd.concat([front(task, SummaryRow.train_seconds) for task in tasks])
    marked = summary.assign(**{FRONT: fronts})
    title = titles.by_seconds(name, marked)
    yield drawings.accuracy_by_seconds(name, marked, results.colours, score, title)
    largest = summary[summary[SummaryRow.train_size] == summary[SummaryRow.train_size].max()]
    largest = largest[largest[SpeedRow.inference_ms].notna()]  # those whose speed was measured
    if largest[SummaryRow.architecture].nunique() > 1:  # one network costs the same however trained
        marked = largest.assign(**{f"{FRONT}_{cost}": front(largest, cost) for cost in _COSTS})
        title = titles.by_cost(name, marked)
        yield drawings.accuracy_by_cost(name, marked, results.colours, score, title)


def _speed(results: Results) -> Table[SpeedRow]:
    return Table(
        "Speed",
        rows_of(results.speed, SpeedRow),
        [
            *columns(
                SpeedRow,
                SpeedRow.architecture,
                SpeedRow.inference_ms,
                SpeedRow.inference_batch_ms,
                SpeedRow.train_step_ms,
                SpeedRow.batch_size,
            ),
            Shown("Measured on", value=lambda row: row.processor, write=_where),
        ],
        sortable=True,
    )


def _where(row: SpeedRow) -> str:
    if row.reason is not None:
        return f"not measured: {row.reason}"
    return f"{row.device}, {row.threads} thread{'' if row.threads == 1 else 's'}, {row.processor}"


def _pretraining(results: Results) -> Table[Pretraining]:
    def test(row: Pretraining) -> Markup:
        _, source, result = row
        score = written(result.metrics.test_score, "percent")
        text = score if result.finished else f"{result.metrics.outcome}: {result.metrics.reason}"
        return Markup("{}{}").format(text, marks(results.badges, source))

    names = (Metrics.epochs, Metrics.train_seconds, Metrics.params_total, Metrics.macs)
    return Table(
        "Pretraining",
        list(results.pretrainings()),
        [
            Shown("Architecture", value=lambda row: row[0]),
            Shown("Source", value=lambda row: row[1]),
            shown(
                Metrics,
                Metrics.test_score,
                heading="Test score on the source",
                of=lambda row: row[2].metrics,
                write=test,
            ),
            *(shown(Metrics, name, of=lambda row: row[2].metrics) for name in names),
        ],
    )
