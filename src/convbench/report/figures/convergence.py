"""Figures of how fast runs learn: the validation score by epoch, and the time to a target score."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from convbench.analysis.convergence import TimeToTargetRow
from convbench.report.figures.base import (
    HEADINGS,
    PERCENT,
    PLAIN,
    Colours,
    Figure,
    alt_of,
    logarithmic,
    means,
    name_legend,
    styled,
    svg,
)
from convbench.results.rows import rows_of
from convbench.results.schema import EpochRow, RunRow

_PANEL, _PLACE = "panel", "place"
_FASTEST = 15  # configurations whose time to the target is drawn


def convergence(dataset: str, epochs: pd.DataFrame, colours: Colours, score: str, title: str) -> Figure:
    """Draw the validation score by epoch, one line per strategy; ``epochs`` has the runs' columns."""
    panels = epochs[RunRow.architecture] + ", " + epochs[RunRow.train_size].map("{:,} images".format)
    epochs = epochs.assign(**{_PANEL: panels}).sort_values(RunRow.train_size, kind="stable")
    several = epochs.groupby(RunRow.train_size)[EpochRow.epoch].max().nunique() > 1
    with styled():
        grid = sns.relplot(
            epochs,
            x=EpochRow.epoch,
            y=EpochRow.val_score,
            hue=RunRow.label,
            col=_PANEL,
            col_wrap=min(3, epochs[_PANEL].nunique()),
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
        name_legend(grid.legend)
        what = f"Lines of validation {score} over epochs"
        by = [RunRow.train_size, RunRow.architecture, RunRow.label, EpochRow.epoch]
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Lines show the mean validation {score} after each epoch, over seeds and "
            "augmentations; bands span the lowest and the highest run."
            + " The number of epochs differs between panels."
            * several,
            alt=alt_of(what, epochs, RunRow.label, RunRow.architecture),
            source=svg(grid.figure),
            table=means(epochs, by, EpochRow.val_score),
        )


def time_to_target(dataset: str, timed: pd.DataFrame, colours: Colours, title: str) -> Figure:
    """Draw how long the fastest configurations train to the target; ``timed``: rows of one size."""
    shown = timed.sort_values(TimeToTargetRow.seconds, kind="stable").head(_FASTEST)
    shown = shown.assign(**{_PLACE: range(len(shown))})
    rows = rows_of(shown, TimeToTargetRow)
    names = [f"{row.architecture}, {row.label}, {row.augmentation}" for row in rows]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.2 + 0.3 * len(shown)), layout="tight")
        axes = drawing.subplots()
        for strategy, own in shown.groupby(TimeToTargetRow.label, sort=False):
            colour, places = colours[str(strategy)], own[_PLACE]
            low, high = own[TimeToTargetRow.low], own[TimeToTargetRow.high]
            axes.hlines(places, low, high, color=colour, alpha=0.5, linewidth=3)
            axes.scatter(own[TimeToTargetRow.seconds], places, color=colour, label=strategy, zorder=3)
        axes.set_yticks(range(len(shown)), names)
        axes.invert_yaxis()
        axes.set(xscale="log", xlabel="seconds of training to the target (log scale)")
        logarithmic(axes, PLAIN)
        legend = HEADINGS[TimeToTargetRow.label]
        axes.legend(title=legend, loc="center left", bbox_to_anchor=(1, 0.5))
        sns.despine(drawing)
        fastest = f", the {_FASTEST} fastest" if len(timed) > _FASTEST else ""
        what = "Points of seconds to the target"
        return Figure(
            dataset=dataset,
            title=title,
            caption="Points show the seconds of training until the validation score reaches 80%: the "
            "geometric mean over seeds. Bars are its 95% confidence interval (Student's t of the "
            "logarithms; the variance over seeds is pooled over configurations); a single seed has "
            f"none. Shown are the configurations with {rows[0].train_size:,} training images whose "
            f"seeds all reach 80%{fastest}.",
            alt=alt_of(what, shown, TimeToTargetRow.label, TimeToTargetRow.architecture),
            source=svg(drawing),
            table=shown.drop(columns=_PLACE),
        )
