"""The page on factors: the effect of each, the variance it explains, transfer, depth."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from convbench.analysis.depth import DepthRow, degradations, depths
from convbench.report.figures import factors as drawings
from convbench.report.figures.base import Figure
from convbench.report.figures.learning import errors_by_depth, gradients_by_layer
from convbench.report.pages.html import fill
from convbench.report.pages.table import (
    Shown,
    Table,
    interval,
    marks,
    shown,
)
from convbench.report.results import Results
from convbench.report.text import titles
from convbench.report.text.depth import claim
from convbench.report.text.findings import Transfer, transfers
from convbench.report.text.numbers import level_name, points
from convbench.results.rows import rows_of
from convbench.results.schema import EffectRow, GradientRow, RunRow, TaskKey
from convbench.scores import title_of


def render(results: Results) -> str:
    """Return the page as HTML."""
    return fill(
        "factors",
        results,
        figures=list(_figures(results)),
        effects=_effects(results),
        transfers=_transfers(results),
    )


def _figures(results: Results) -> Iterator[Figure]:
    for name in results.datasets:
        own, score = results.of(name), title_of(results.cards[name].score)
        if len(own.variance):
            title = titles.by_variance(name, own.variance)
            yield drawings.variance(name, own.variance, score, title)
        if len(own.effects):
            title = titles.by_factor(name, own.effects)
            yield drawings.effects(name, own.effects, score, title)
    if results.datasets:
        yield from _depth(results)


def _depth(results: Results) -> Iterator[Figure]:
    """Draw what depth does with and without skip connections, and gradients where they were recorded."""
    for _, found in depths(results.runs, results.epochs).groupby(DepthRow.family):
        if found[DepthRow.depth].nunique() > 1:
            claims = [claim(each) for each in degradations(found)]
            claims = claims or ["Depth with and without skip connections"]
            others = (other[0].lower() + other[1:] for other in claims[1:])
            yield errors_by_depth(found, "; ".join([claims[0], *others]))
    if len(results.gradients):
        architectures = results.runs[[RunRow.run_id, RunRow.architecture]]
        yield gradients_by_layer(results.gradients.merge(architectures, on=GradientRow.run_id))


def _effects(results: Results) -> Table[EffectRow]:
    def dataset(row: EffectRow) -> Markup:
        return Markup("{}{}").format(row.dataset, marks(results.badges, row.dataset))

    return Table(
        "Effects",
        rows_of(results.effects, EffectRow),
        [
            shown(EffectRow, EffectRow.dataset, write=dataset),
            shown(EffectRow, EffectRow.factor, write=lambda row: row.factor.replace("_", " ")),
            shown(EffectRow, EffectRow.level, write=lambda row: level_name(row.factor, row.level)),
            shown(EffectRow, EffectRow.baseline, write=lambda row: level_name(row.factor, row.baseline)),
            shown(EffectRow, EffectRow.difference),
            shown(
                EffectRow,
                EffectRow.low,
                heading="95% interval",
                write=lambda row: interval(row.low, row.high),
            ),
            shown(EffectRow, EffectRow.p_holm),
            shown(
                EffectRow,
                EffectRow.better,
                write=lambda row: f"{row.better} of {row.pairs} pairs",
            ),
            shown(EffectRow, EffectRow.significant),
        ],
        sortable=True,
    )


def _transfers(results: Results) -> Table[Transfer]:
    def dataset(row: Transfer) -> Markup:
        return Markup("{}{}").format(row.dataset, marks(results.badges, row.dataset))

    return Table(
        "Effect of transfer",
        transfers(results.runs),
        [
            shown(TaskKey, TaskKey.dataset, write=dataset),
            Shown("Images", value=lambda row: row.size, format="count"),
            Shown("Strategy", value=lambda row: row.strategy),
            *_by_architecture(list(results.runs[RunRow.architecture].unique())),
            Shown(
                "All",
                value=lambda row: row.overall.mean,
                format="points",
                write=lambda row: Markup("<b>{}</b>").format(points(row.overall.mean)),
            ),
            Shown(
                "Better in",
                value=lambda row: row.overall.better,
                format="count",
                write=lambda row: f"{row.overall.better} of {row.overall.pairs} pairs",
            ),
        ],
    )


def _by_architecture(names: Sequence[str]) -> Iterator[Shown[Transfer]]:
    for name in names:

        def mean(row: Transfer, name: str = name) -> float | None:
            found = row.by_architecture.get(name)
            return None if found is None else found.mean

        yield Shown(name, value=mean, format="points")
