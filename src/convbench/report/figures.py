"""The report's figures: seaborn, as SVG, in colours that a colour-blind reader can tell apart."""

import io
import re
from base64 import b64encode
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

mpl.use("Agg")

_STYLE: Any = {  # rc parameters: matplotlib types their keys as literals, seaborn as strings
    **sns.axes_style("whitegrid"),
    "svg.hashsalt": "convbench",  # the same figure gives the same bytes
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "figure.constrained_layout.use": False,
}
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")
PERCENT = FuncFormatter(lambda value, _: f"{100 * value:.10g}%")


Colours = dict[str, tuple[float, float, float]]


def colours_of(names: Iterable[str]) -> Colours:
    """Give each name its colour, for every figure of a grid, in the order of their first appearance."""
    levels = list(dict.fromkeys(names))
    return dict(zip(levels, sns.color_palette("colorblind", len(levels)), strict=True))


@dataclass(frozen=True)
class Figure:
    """One figure of the page."""

    dataset: str
    """Whose numbers it shows; empty where it shows none of a dataset's."""
    title: str
    caption: str
    alt: str
    """What a reader who cannot see it should know."""
    source: str
    """The picture, as a data URI."""
    table: pd.DataFrame | None = None
    """What is drawn, a row a mark."""

    @property
    def data(self) -> str:
        """The table as CSV, as a data URI; empty where there is none."""
        return "" if self.table is None else csv_of(self.table)

    @property
    def file(self) -> str:
        """What to call the CSV."""
        return "_".join(re.findall(r"[a-z0-9]+", self.title.lower()))[:60] + ".csv"


def csv_of(table: pd.DataFrame) -> str:
    """Return a table as CSV, as a data URI."""
    return "data:text/csv;base64," + b64encode(table.to_csv(index=False).encode()).decode()


def accuracy_by_size(
    dataset: str, runs: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score against the number of training images, a line a strategy."""
    with styled():
        grid = sns.relplot(
            runs,
            x="train_size",
            y="test_score",
            hue="strategy",
            style="augmentation",
            col="architecture",
            col_wrap=min(3, runs["architecture"].nunique()),
            kind="line",
            markers=True,
            errorbar=("pi", 100),
            palette=colours,
            height=3.4,
            aspect=0.95,
        )
        grid.set(xscale="log", xticks=sorted(runs["train_size"].unique()))
        grid.set_axis_labels("training images (log scale)", f"test {score}")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_formatter(COUNT)
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.yaxis.set_major_formatter(PERCENT)
        grid.set_titles("{col_name}")
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Mean test {score} over seeds; bands span the seeds' lowest and highest run. "
            "The training images of a seed are the same for every line.",
            alt=alt_of(f"Lines of test {score} over training images", runs, "strategy", "architecture"),
            source=svg(grid.figure),
            table=means(runs, ["train_size", "architecture", "strategy", "augmentation"], "test_score"),
        )


def accuracy_by_cell(
    dataset: str, runs: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score of each combination of one training size, a row an architecture."""
    strategies = list(runs["strategy"].unique())
    height = 1.4 + runs["architecture"].nunique() * (0.25 + 0.13 * len(strategies))
    with styled():
        grid = sns.catplot(
            runs,
            kind="point",
            x="test_score",
            y="architecture",
            hue="strategy",
            col="augmentation",
            col_wrap=min(3, runs["augmentation"].nunique()),
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
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Mean test {score} over seeds, with bars from the lowest to the highest run; a "
            "panel an augmentation.",
            alt=alt_of(f"Points of test {score}", runs, "strategy", "augmentation"),
            source=svg(grid.figure),
            table=means(runs, ["architecture", "strategy", "augmentation"], "test_score"),
        )


def convergence(dataset: str, epochs: pd.DataFrame, colours: Colours, score: str, title: str) -> Figure:
    """Draw the validation score by epoch, a line a strategy; ``epochs`` carries the runs' columns."""
    panels = epochs["architecture"] + ", " + epochs["train_size"].map("{:,} images".format)
    epochs = epochs.assign(panel=panels).sort_values("train_size", kind="stable")
    with styled():
        grid = sns.relplot(
            epochs,
            x="epoch",
            y="val_score",
            hue="strategy",
            col="panel",
            col_wrap=min(3, epochs["panel"].nunique()),
            kind="line",
            errorbar=("pi", 100),
            palette=colours,
            height=2.6,
            aspect=1.25,
            facet_kws={"sharex": False},
        )
        grid.set_axis_labels("epoch", f"validation {score}")
        grid.set_titles("{col_name}")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
            axes.yaxis.set_major_formatter(PERCENT)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Validation {score} after each epoch: mean over seeds and augmentations, bands "
            "from the lowest to the highest of these runs."
            + " Panels differ in the number of epochs."
            * (epochs.groupby("train_size")["epoch"].max().nunique() > 1),
            alt=alt_of(f"Lines of validation {score} over epochs", epochs, "strategy", "architecture"),
            source=svg(grid.figure),
            table=means(epochs, ["train_size", "architecture", "strategy", "epoch"], "val_score"),
        )


def means(data: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Return what a line joins: means with their extremes."""
    grouped = data.groupby(by, sort=False)[column]
    return grouped.agg(["mean", "min", "max", "size"]).reset_index()


def styled() -> AbstractContextManager[None]:
    """Draw what is inside in the style of the report."""
    return mpl.rc_context(_STYLE)


def alt_of(what: str, data: pd.DataFrame, lines: str, panels: str) -> str:
    """Say in words what a figure shows, to whoever cannot see it."""
    kinds = ", ".join(map(str, data[lines].unique()))
    panes = ", ".join(map(str, data[panels].unique()))
    return f"{what}, for {kinds}; one panel or group for each of {panes}. The numbers are in the tables."


def svg(drawing: Drawing) -> str:
    """Return a drawing as a data URI and close it; the same drawing gives the same bytes."""
    text = io.StringIO()
    plt.close(drawing)  # seaborn's are kept open otherwise, all of a report's
    dateless = {"Date": None, "Creator": None}
    drawing.savefig(text, format="svg", bbox_inches="tight", dpi=150, metadata=dateless)
    return "data:image/svg+xml;base64," + b64encode(text.getvalue().encode()).decode()
