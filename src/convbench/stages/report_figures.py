"""The figures of the pages of results, each with its finding for a title."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from convbench.analysis import titles
from convbench.analysis.convergence import time_to_target
from convbench.analysis.pareto import front
from convbench.analysis.ranks import ranking
from convbench.analysis.summary import FACTORS, TASK
from convbench.config.datasets import in_words
from convbench.data.prepared import Card
from convbench.report import cost_figures, factor_figures, figures
from convbench.report.figures import Figure
from convbench.report.hover import HoverCurves, validation_curves
from convbench.report.rank_figures import critical_difference
from convbench.stages.plan import Plan
from convbench.stages.report_errors import error_figures_of
from convbench.stages.report_learning import depth_figures, rate_figures

_PAGES = ("accuracy", "cost", "convergence", "factors")
_COSTS = ("predict_ms", "params_total", "macs")


@dataclass(frozen=True)
class Results:
    """The tables that the pages of results are made from."""

    runs: pd.DataFrame
    summary: pd.DataFrame
    """The cells, with the speed of their networks."""
    epochs: pd.DataFrame
    """With the runs' columns; those that both have are the epoch's."""
    comparisons: pd.DataFrame
    effects: pd.DataFrame
    variance: pd.DataFrame
    convergence: pd.DataFrame
    """With the runs' columns."""

    def of(self, dataset: str) -> "Results":
        """Return what concerns one dataset."""
        return Results(**{name: each[each["dataset"] == dataset] for name, each in vars(self).items()})


def figures_of(
    plan: Plan, tables: Path, results: Results, cards: Mapping[str, Card]
) -> Mapping[str, list[Figure]]:
    """Draw what there is to draw: page -> its figures."""
    if results.summary.empty:
        return {}
    colours = figures.colours_of(results.runs["strategy"])
    pages: dict[str, list[Figure]] = {
        name: [] for name in ("accuracy", "cost", "convergence", "factors")
    }
    for name in results.summary["dataset"].unique():
        score = in_words(cards[str(name)].score)
        for page, figure in _of_dataset(str(name), results.of(str(name)), colours, score):
            pages[page].append(figure)
    summary = results.summary
    if found := ranking(summary):
        title = titles.by_rank(found.ranks, found.p)
        pages["accuracy"].append(
            critical_difference(found.ranks, found.pairs, found.datasets, found.p, title)
        )
    pages["cost"].append(cost_figures.parameters(summary, colours, titles.by_parameters(summary)))
    pages["convergence"] += rate_figures(plan)
    pages["factors"] += depth_figures(tables, results.runs, results.epochs)
    return {f"{page}.html": drawn for page, drawn in pages.items()}


def _of_dataset(
    name: str, own: Results, colours: figures.Colours, score: str
) -> Iterator[tuple[str, Figure]]:
    """Draw what has axes of its own on each dataset."""
    finished = own.runs[own.runs["outcome"] == "finished"]
    tasks = own.summary.groupby("train_size")
    cells = own.summary.assign(front=pd.concat([front(task, "seconds") for _, task in tasks]))
    title = titles.by_size(name, cells, score)
    several = cells["train_size"].nunique() > 1
    draw = figures.accuracy_by_size if several else figures.accuracy_by_cell
    yield "accuracy", draw(name, finished, colours, score, title)
    for figure in error_figures_of(finished, own.summary, name):
        yield "accuracy", figure
    title = titles.by_seconds(name, cells)
    yield "cost", cost_figures.accuracy_by_seconds(name, cells, colours, score, title)
    largest = own.summary[own.summary["train_size"] == own.summary["train_size"].max()]
    largest = largest[largest["predict_ms"].notna()]  # those whose speed was measured
    if largest["architecture"].nunique() > 1:  # one network costs the same however it was trained
        largest = largest.assign(**{f"front_{cost}": front(largest, cost) for cost in _COSTS})
        title = titles.by_cost(name, largest)
        yield "cost", cost_figures.accuracy_by_cost(name, largest, colours, score, title)
    timed = time_to_target(own.convergence, FACTORS, TASK)
    timed = timed[timed["reached"] == timed["seeds"]]  # also of those that did not finish
    timed = timed[timed["train_size"] == largest["train_size"].max()]
    if len(timed):
        title = titles.by_target(name, timed)
        yield "convergence", cost_figures.time_to_target(name, timed, colours, title)
    if len(own.epochs):
        title = titles.by_epoch(name, own.convergence[own.convergence["outcome"] == "finished"])
        yield "convergence", figures.convergence(name, own.epochs, colours, score, title)
    if len(own.variance):
        title = titles.by_share(name, own.variance)
        yield "factors", factor_figures.variance(name, own.variance, score, title)
    if len(own.effects):
        title = titles.by_factor(name, own.effects)
        yield "factors", factor_figures.effects(name, worded(own.effects), score, title)


def hover_of(results: Results, cards: Mapping[str, Card]) -> list[HoverCurves]:
    """Draw each dataset's curves to point at, of its largest training size."""
    colours = figures.colours_of(results.runs["strategy"])
    drawn = []
    for name in results.epochs["dataset"].unique():
        own = results.of(str(name))
        largest = own.epochs["train_size"].max()
        keys = [*FACTORS, "epoch"]
        epochs = own.epochs[own.epochs["train_size"] == largest]
        curves = epochs.groupby(keys, sort=False)["val_score"].mean().reset_index()
        learned = own.convergence[own.convergence["train_size"] == largest]
        learned = learned[learned["outcome"] == "finished"]
        title = titles.by_area(str(name), learned) if len(learned) else f"{name}: no run finished"
        drawn.append(
            validation_curves(str(name), curves, colours, in_words(cards[str(name)].score), title)
        )
    return drawn


def worded(effects: pd.DataFrame) -> pd.DataFrame:
    """Say numbers of images as such: ``1,000 images``, no longer ``1000``."""
    sizes = effects["factor"] == "train_size"
    said = {
        side: effects[side].where(~sizes, [_images(value) for value in effects[side]])
        for side in ("level", "baseline")
    }
    return effects.assign(**said)


def _images(value: str) -> str:
    return f"{int(value):,} images" if value.isdigit() else value
