"""Figures of what scores cost: training time, inference, parameters, multiply-adds."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Drawing

from convbench.analysis.pareto import FRONT
from convbench.report.figures.base import (
    HEADINGS,
    PERCENT,
    PLAIN,
    THOUSANDS,
    Colours,
    Figure,
    alt_of,
    logarithmic,
    name_legend,
    styled,
    svg,
)
from convbench.results.schema import SpeedRow, SummaryRow

_MANY = 300  # points that are drawn one by one; more become pixels
_WIDE = 20  # ratio of the longest bar to the shortest from which their axis is logarithmic
_COSTS: Mapping[str, str] = {
    SpeedRow.inference_ms: "inference: ms for one image",
    SummaryRow.params_total: "parameters",
    SummaryRow.macs: "multiply-adds for one image",
}
_COST, _VALUE = "cost", "value"
_CONFIGURATION = [SummaryRow.architecture, SummaryRow.label, SummaryRow.augmentation]


def accuracy_by_seconds(
    dataset: str, summary: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score of each configuration against its training time.

    ``summary``: rows of ``SummaryRow``, with the column ``FRONT``: whether on the Pareto front.
    """
    with styled():
        grid = sns.relplot(
            summary,
            x=SummaryRow.train_seconds,
            y=SummaryRow.test_score,
            hue=SummaryRow.label,
            style=SummaryRow.architecture,
            col=SummaryRow.train_size,
            col_wrap=min(3, summary[SummaryRow.train_size].nunique()),
            s=70,
            rasterized=len(summary) > _MANY,
            palette=colours,
            height=3.4,
            aspect=0.95,
            facet_kws={"sharey": False},
        )
        for size, axes in grid.axes_dict.items():
            _extremes_and_front(axes, summary[summary[SummaryRow.train_size] == size], len(summary))
            axes.set_title(f"{size:,} training images")
            axes.yaxis.set_major_formatter(PERCENT)
        grid.set(xscale="log")
        for axes in grid.axes.flat:
            logarithmic(axes, PLAIN)
        grid.set_axis_labels("seconds of training (log scale)", f"test {score}")
        name_legend(grid.legend)
        what = f"Points of test {score} over training seconds"
        shown = [SummaryRow.train_size, *_CONFIGURATION]
        shown += [SummaryRow.train_seconds, SummaryRow.test_score, FRONT]
        return Figure(
            dataset=dataset,
            title=title,
            caption="Each point is a configuration: its mean over seeds; bars span the lowest and the "
            "highest seed. The grey line is the Pareto front: no other configuration is both faster and "
            "better than one on it. Seconds count training steps alone. Pretraining is not included: "
            "see Pretraining below."
            + " The vertical axes differ."
            * (summary[SummaryRow.train_size].nunique() > 1),
            alt=alt_of(what, summary, SummaryRow.label, SummaryRow.train_size),
            source=svg(grid.figure),
            table=summary[shown],
        )


def _extremes_and_front(axes: Axes, task: pd.DataFrame, points: int) -> None:
    """Add bars over the seeds of each configuration, and the Pareto front."""
    seconds, score = task[SummaryRow.train_seconds], task[SummaryRow.test_score]
    axes.errorbar(
        seconds,
        score,
        xerr=[
            seconds - task[SummaryRow.train_seconds_min],
            task[SummaryRow.train_seconds_max] - seconds,
        ],
        yerr=[score - task[SummaryRow.test_score_min], task[SummaryRow.test_score_max] - score],
        fmt="none",
        ecolor="0.7",
        zorder=0,
        rasterized=points > _MANY,
    )
    _front(axes, task[task[FRONT]], SummaryRow.train_seconds)


def _front(axes: Axes, best: pd.DataFrame, cost: str) -> None:
    """Join the configurations on a Pareto front, the cheapest first."""
    ordered = best.sort_values(cost, kind="stable")
    axes.step(ordered[cost], ordered[SummaryRow.test_score], where="post", color="0.45", zorder=1)


def parameters(summary: pd.DataFrame, colours: Colours, title: str) -> Figure:
    """Draw how many parameters of each architecture each strategy trains."""
    key = [SummaryRow.architecture, SummaryRow.label]
    sizes = summary[[*key, SummaryRow.params_trainable, SummaryRow.params_total]].drop_duplicates(key)
    trained = sizes[SummaryRow.params_trainable]
    with styled():
        count = sizes[SummaryRow.architecture].nunique()
        drawing = Drawing(figsize=(8.5, 1.2 + 0.75 * count), layout="tight")
        axes = drawing.subplots()
        sns.barplot(
            sizes,
            y=SummaryRow.architecture,
            x=SummaryRow.params_trainable,
            hue=SummaryRow.label,
            palette=colours,
            ax=axes,
        )
        for bars in axes.containers:
            assert isinstance(bars, BarContainer), "a barplot draws bars"
            axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
        axes.set(xlabel="trained parameters", ylabel="")
        axes.margins(x=0.2)
        axes.xaxis.set_major_formatter(THOUSANDS)
        if trained.max() > _WIDE * trained.min():
            axes.set(xscale="log", xlabel="trained parameters (log scale)")
            logarithmic(axes, THOUSANDS)
        legend = HEADINGS[SummaryRow.label]
        axes.legend(title=legend, loc="center left", bbox_to_anchor=(1, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset="",
            title=title,
            caption="Bars show how many parameters each strategy trains. A strategy that trains all "
            "layers trains all parameters of the network. k, M: thousands, millions.",
            alt=alt_of("Bars of trained parameters", sizes, SummaryRow.label, SummaryRow.architecture),
            source=svg(drawing),
            table=sizes,
        )


def accuracy_by_cost(
    dataset: str, task: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw the test score of each configuration against what its network costs, one panel per cost.

    ``task``: rows of ``SummaryRow`` of one training size, with the inference time, and for each cost a
    column ``front_COST``: whether on its Pareto front.
    """
    kept = [*_CONFIGURATION, SummaryRow.test_score]
    long = task.rename(columns=_COSTS).melt(kept, [*_COSTS.values()], _COST, _VALUE)
    with styled():
        grid = sns.relplot(
            long,
            x=_VALUE,
            y=SummaryRow.test_score,
            hue=SummaryRow.label,
            style=SummaryRow.architecture,
            col=_COST,
            s=60,
            rasterized=len(task) > _MANY,
            palette=colours,
            height=3.2,
            aspect=0.95,
            facet_kws={"sharex": False},
        )
        grid.set(xscale="log")
        grid.set_titles("")
        for column, name in _COSTS.items():
            axes = grid.axes_dict[name]
            _front(axes, task[task[f"{FRONT}_{column}"]], column)
            axes.set_xlabel(f"{name} (log scale)")
            logarithmic(axes, PLAIN if column == SpeedRow.inference_ms else THOUSANDS)
            axes.yaxis.set_major_formatter(PERCENT)
        grid.axes.flat[0].set_ylabel(f"test {score}")
        name_legend(grid.legend)
        fronts = [f"{FRONT}_{column}" for column in _COSTS]
        what = f"Points of test {score} over three costs"
        return Figure(
            dataset=dataset,
            title=title,
            caption="Each point is a configuration with "
            f"{task[SummaryRow.train_size].iloc[0]:,} training images: its mean over seeds. The grey "
            "lines are the Pareto fronts: no other configuration is both cheaper and better than one on "
            "them. Inference time is the median for one image at a time, on a machine that ran nothing "
            "else. k, M, G: thousands, millions, billions.",
            alt=alt_of(what, task, SummaryRow.label, SummaryRow.architecture),
            source=svg(grid.figure),
            table=task[[*_CONFIGURATION, SummaryRow.test_score, *_COSTS, *fronts]],
        )
