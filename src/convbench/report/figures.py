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
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
)

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
_SECONDS = FuncFormatter(lambda value, _: f"{value:g}")
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
        if self.table is None:
            return ""
        return "data:text/csv;base64," + b64encode(self.table.to_csv(index=False).encode()).decode()

    @property
    def file(self) -> str:
        """What to call the CSV."""
        return "_".join(re.findall(r"[a-z0-9]+", self.title.lower()))[:60] + ".csv"


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
            alt=_alt(f"Lines of test {score} over training images", runs, "strategy", "architecture"),
            source=svg(grid.figure),
            table=_means(runs, ["train_size", "architecture", "strategy", "augmentation"], "test_score"),
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
            alt=_alt(f"Points of test {score}", runs, "strategy", "augmentation"),
            source=svg(grid.figure),
            table=_means(runs, ["architecture", "strategy", "augmentation"], "test_score"),
        )


def accuracy_by_seconds(
    dataset: str, summary: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw each cell's test score against its training time; ``front`` says which are on the front."""
    with styled():
        grid = sns.relplot(
            summary,
            x="seconds",
            y="test",
            hue="strategy",
            style="architecture",
            col="train_size",
            col_wrap=min(3, summary["train_size"].nunique()),
            s=70,
            palette=colours,
            height=3.4,
            aspect=0.95,
            facet_kws={"sharey": False},
        )
        for size, task in summary.groupby("train_size"):
            axes = grid.axes_dict[size]
            spread = [task["test"] - task["test_low"], task["test_high"] - task["test"]]
            axes.errorbar(task["seconds"], task["test"], yerr=spread, fmt="none", ecolor="0.7", zorder=0)
            front = task[task["front"]].sort_values("seconds")
            axes.step(front["seconds"], front["test"], where="post", color="0.45", zorder=1)
            axes.set_title(f"{size:,} training images")
            axes.yaxis.set_major_formatter(PERCENT)
        grid.set(xscale="log")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.xaxis.set_major_formatter(_SECONDS)
            axes.xaxis.set_minor_formatter(NullFormatter())
        grid.set_axis_labels("seconds of training (log scale)", f"test {score}")
        return Figure(
            dataset=dataset,
            title=title,
            caption="One point a combination: mean over seeds, bars from the lowest to the highest; "
            "every augmentation is shown. The grey steps join what no other beats in both time and "
            "score (the Pareto front). Seconds are of training steps alone, and the pretraining "
            "that transfer starts from is not in them: it has a table of its own below. "
            "The vertical axes differ.",
            alt=_alt(f"Points of test {score} over training seconds", summary, "strategy", "train_size"),
            source=svg(grid.figure),
            table=summary[
                ["train_size", "architecture", "strategy", "augmentation", "seconds", "test", "front"]
            ],
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
            "from the lowest to the highest of these runs. Panels differ in the number of epochs.",
            alt=_alt(f"Lines of validation {score} over epochs", epochs, "strategy", "architecture"),
            source=svg(grid.figure),
            table=_means(epochs, ["train_size", "architecture", "strategy", "epoch"], "val_score"),
        )


def parameters(summary: pd.DataFrame, colours: Colours, title: str) -> Figure:
    """Draw how many parameters each architecture has, and how many each strategy trains."""
    columns = ["architecture", "strategy", "params_trainable", "params_total"]
    sizes = summary[columns].drop_duplicates(["architecture", "strategy"])
    with styled():
        drawing = Drawing(figsize=(8.5, 1.2 + 0.75 * sizes["architecture"].nunique()), layout="tight")
        axes = drawing.subplots()
        sns.barplot(
            sizes,
            y="architecture",
            x="params_trainable",
            hue="strategy",
            palette=colours,
            ax=axes,
        )
        for bars in axes.containers:
            assert isinstance(bars, BarContainer), "a barplot draws bars"
            axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
        axes.set(xscale="log", xlabel="parameters that learn (log scale)", ylabel="")
        axes.margins(x=0.2)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.legend(title="strategy", loc="center left", bbox_to_anchor=(1, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset="",
            title=title,
            caption="Parameters that each strategy trains; where all of them learn, the bar is the "
            "size of the network. k, M: thousands, millions.",
            alt=_alt("Bars of trainable parameters", sizes, "strategy", "architecture"),
            source=svg(drawing),
            table=sizes,
        )


def _means(data: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Return what a line joins: means with their extremes."""
    grouped = data.groupby(by, sort=False)[column]
    return grouped.agg(["mean", "min", "max", "size"]).reset_index()


def styled() -> AbstractContextManager[None]:
    """Draw what is inside in the style of the report."""
    return mpl.rc_context(_STYLE)


def _alt(what: str, data: pd.DataFrame, lines: str, panels: str) -> str:
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
