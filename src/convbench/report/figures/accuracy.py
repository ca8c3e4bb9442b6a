"""Figures of the test score: by number of training images, or by configuration."""

import pandas as pd
import seaborn as sns
from matplotlib.ticker import NullFormatter

from convbench.report.figures.base import (
    COUNT,
    PERCENT,
    Colours,
    Figure,
    alt_of,
    means,
    name_legend,
    styled,
    svg,
)
from convbench.results.schema import RunRow


def accuracy_by_size(
    dataset: str, runs: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score against the number of training images, one line per strategy."""
    with styled():
        grid = sns.relplot(
            runs,
            x=RunRow.train_size,
            y=RunRow.test_score,
            hue=RunRow.label,
            style=RunRow.augmentation,
            col=RunRow.architecture,
            col_wrap=min(3, runs[RunRow.architecture].nunique()),
            kind="line",
            markers=True,
            errorbar=("pi", 100),
            palette=colours,
            height=3.4,
            aspect=0.95,
        )
        grid.set(xscale="log", xticks=sorted(runs[RunRow.train_size].unique()))
        grid.set_axis_labels("training images (log scale)", f"test {score}")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_formatter(COUNT)
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.yaxis.set_major_formatter(PERCENT)
        grid.set_titles("{col_name}")
        name_legend(grid.legend)
        what = f"Lines of test {score} over training images"
        by = [RunRow.train_size, RunRow.architecture, RunRow.label, RunRow.augmentation]
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Lines show the mean test {score} over seeds; bands span the lowest and the "
            "highest seed. Runs with the same seed train on the same images.",
            alt=alt_of(what, runs, RunRow.label, RunRow.architecture),
            source=svg(grid.figure),
            table=means(runs, by, RunRow.test_score),
        )


def accuracy_by_configuration(
    dataset: str, runs: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score of each configuration of one training size, one row per architecture."""
    strategies = list(runs[RunRow.label].unique())
    height = 1.4 + runs[RunRow.architecture].nunique() * (0.25 + 0.13 * len(strategies))
    with styled():
        grid = sns.catplot(
            runs,
            kind="point",
            x=RunRow.test_score,
            y=RunRow.architecture,
            hue=RunRow.label,
            col=RunRow.augmentation,
            col_wrap=min(3, runs[RunRow.augmentation].nunique()),
            dodge=0.5 if len(strategies) > 1 else False,
            linestyle="none",
            errorbar=("pi", 100),
            palette={name: colours[name] for name in strategies},
            height=height,
            aspect=3.2 / height + 0.4,
        )
        grid.set_axis_labels(f"test {score}", "")
        grid.set_titles("{col_name}")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_formatter(PERCENT)
            axes.grid(visible=True, axis="x")
        name_legend(grid.legend)
        by = [RunRow.architecture, RunRow.label, RunRow.augmentation]
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Points show the mean test {score} over seeds; bars span the lowest and the "
            "highest seed. Each augmentation has its own panel.",
            alt=alt_of(f"Points of test {score}", runs, RunRow.label, RunRow.augmentation),
            source=svg(grid.figure),
            table=means(runs, by, RunRow.test_score),
        )
