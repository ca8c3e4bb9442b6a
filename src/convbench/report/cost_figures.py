"""What scores cost: training time, time to a target, inference, parameters, multiply-adds."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from convbench.report.figures import PERCENT, Colours, Figure, alt_of, styled, svg

_PLAIN = FuncFormatter(lambda value, _: f"{value:g}")
_MANY = 300  # points that are drawn one by one; more become pixels
_WIDE = 20  # how many times the least the most must be, for a logarithmic axis of bars
_FASTEST = 15  # combinations whose time to the target is drawn
_COSTS = {
    "predict_ms": "inference: ms for one image",
    "params_total": "parameters",
    "macs": "multiply-adds for one image",
}


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
            rasterized=len(summary) > _MANY,
            palette=colours,
            height=3.4,
            aspect=0.95,
            facet_kws={"sharey": False},
        )
        for size, task in summary.groupby("train_size"):
            axes = grid.axes_dict[size]
            spread = [task["test"] - task["test_low"], task["test_high"] - task["test"]]
            axes.errorbar(
                task["seconds"],
                task["test"],
                xerr=[task["seconds"] - task["seconds_low"], task["seconds_high"] - task["seconds"]],
                yerr=spread,
                fmt="none",
                ecolor="0.7",
                zorder=0,
                rasterized=len(summary) > _MANY,
            )
            front = task[task["front"]].sort_values("seconds", kind="stable")
            axes.step(front["seconds"], front["test"], where="post", color="0.45", zorder=1)
            axes.set_title(f"{size:,} training images")
            axes.yaxis.set_major_formatter(PERCENT)
        grid.set(xscale="log")
        for axes in grid.axes.flat:
            _logarithmic(axes, _PLAIN)
        grid.set_axis_labels("seconds of training (log scale)", f"test {score}")
        return Figure(
            dataset=dataset,
            title=title,
            caption="One point a combination: mean over seeds, bars from the lowest to the highest; "
            "each augmentation is a point of its own. The grey steps join what no other beats in both "
            "time and score (the Pareto front). Seconds are of training steps alone; pretraining, which "
            "transfer starts from, is not in them: see Pretraining below."
            + " The vertical axes differ."
            * (summary["train_size"].nunique() > 1),
            alt=alt_of(
                f"Points of test {score} over training seconds", summary, "strategy", "train_size"
            ),
            source=svg(grid.figure),
            table=summary[
                ["train_size", "architecture", "strategy", "augmentation", "seconds", "test", "front"]
            ],
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
        axes.set(xlabel="parameters that learn", ylabel="")
        axes.margins(x=0.2)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        if sizes["params_trainable"].max() > _WIDE * sizes["params_trainable"].min():
            axes.set(xscale="log", xlabel="parameters that learn (log scale)")
            _logarithmic(axes, EngFormatter(sep=" "))
        axes.legend(title="strategy", loc="center left", bbox_to_anchor=(1, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset="",
            title=title,
            caption="Parameters that each strategy trains; where all of them learn, the bar is the "
            "size of the network. k, M: thousands, millions.",
            alt=alt_of("Bars of trainable parameters", sizes, "strategy", "architecture"),
            source=svg(drawing),
            table=sizes,
        )


def accuracy_by_cost(
    dataset: str, task: pd.DataFrame, colours: Colours, score: str, title: str
) -> Figure:
    """Draw each cell's test score against what the network costs once it is trained, a panel a cost.

    ``task``: the cells of one training size, with ``front_`` and the name of each cost, a bool each.
    """
    long = pd.concat([task.assign(cost=said, value=task[name]) for name, said in _COSTS.items()])
    with styled():
        grid = sns.relplot(
            long,
            x="value",
            y="test",
            hue="strategy",
            style="architecture",
            col="cost",
            s=60,
            rasterized=len(task) > _MANY,
            palette=colours,
            height=3.2,
            aspect=0.95,
            facet_kws={"sharex": False},
        )
        grid.set(xscale="log")
        grid.set_titles("")
        for name, said in _COSTS.items():
            axes = grid.axes_dict[said]
            best = task[task[f"front_{name}"]].sort_values(name, kind="stable")
            axes.step(best[name], best["test"], where="post", color="0.45", zorder=1)
            axes.set_xlabel(f"{said} (log scale)")
            _logarithmic(axes, _PLAIN if name == "predict_ms" else EngFormatter(sep=" "))
            axes.yaxis.set_major_formatter(PERCENT)
        grid.axes.flat[0].set_ylabel(f"test {score}")
        columns = ["architecture", "strategy", "augmentation", "test"]
        fronts = [f"front_{name}" for name in _COSTS]
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"One point a combination with {task['train_size'].iloc[0]:,} training images, the "
            "mean over its seeds. The grey steps join what no other beats in both (the Pareto fronts). "
            "Inference is timed in a job that has the machine to itself: the median of one image at "
            "a time. k, M, G: thousands, millions, billions.",
            alt=alt_of(f"Points of test {score} over three costs", task, "strategy", "architecture"),
            source=svg(grid.figure),
            table=task[[*columns, *_COSTS, *fronts]],
        )


def time_to_target(dataset: str, cells: pd.DataFrame, colours: Colours, title: str) -> Figure:
    """Draw how long the fastest cells take to the target; ``cells``: see ``analysis.time_to_target``."""
    shown = cells.sort_values("seconds", kind="stable").head(_FASTEST)
    names = shown["architecture"] + ", " + shown["strategy"] + ", " + shown["augmentation"]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.2 + 0.3 * len(shown)), layout="tight")
        axes = drawing.subplots()
        for strategy, own in shown.assign(place=range(len(shown))).groupby("strategy", sort=False):
            colour = colours[str(strategy)]
            axes.hlines(own["place"], own["low"], own["high"], color=colour, alpha=0.5, linewidth=3)
            axes.scatter(own["seconds"], own["place"], color=colour, label=strategy, zorder=3)
        axes.set_yticks(range(len(shown)), list(names))
        axes.invert_yaxis()
        axes.set(xscale="log", xlabel="seconds of training to the target (log scale)")
        _logarithmic(axes, _PLAIN)
        axes.legend(title="strategy", loc="center left", bbox_to_anchor=(1, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset=dataset,
            title=title,
            caption="Seconds of training until a validation score of 80%, of the combinations with "
            f"{shown['train_size'].iloc[0]:,} training images whose seeds all reach it"
            f"{f', the {_FASTEST} fastest' if len(cells) > _FASTEST else ''}: the geometric mean over "
            "seeds, and its 95% interval (Student's t of the logarithms, with what seeds matter pooled "
            "over the combinations) where there are several.",
            alt=alt_of("Points of seconds to the target", shown, "strategy", "architecture"),
            source=svg(drawing),
            table=shown,
        )


def _logarithmic(axes: Axes, numbers: FuncFormatter | EngFormatter) -> None:
    """Mark 1, 2 and 5 of each power of ten along the axis; a few numbers where there are none."""
    low, high = axes.get_xlim()
    wide = high > 5 * low
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if wide else MaxNLocator(3))
    axes.xaxis.set_major_formatter(numbers)
    axes.xaxis.set_minor_formatter(NullFormatter())
