"""Figures of how networks learn: rates that were tested, gradients layer by layer, errors by depth."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from convbench.report.figures import PERCENT, Figure, styled, svg
from convbench.words import plain

_FAMILIES = {"plain": "plain", "resnet": "residual"}
_MOMENTS = ("first epoch", "middle", "last epoch")


def range_tests(tests: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the loss of each learning-rate range test against the rate, and what it chose."""
    points = pd.DataFrame(
        [
            {"cell": test["cell"], "rate": rate, "loss": loss}
            for test in tests
            for rate, loss in zip(test["rates"], test["losses"], strict=True)
        ]
    )
    with styled():
        grid = sns.relplot(
            points,
            x="rate",
            y="loss",
            col="cell",
            col_wrap=min(3, len(tests)),
            kind="line",
            height=2.6,
            aspect=1.35,
            facet_kws={"sharey": False},
        )
        grid.set(xscale="log")
        grid.set_axis_labels("learning rate of the head (log scale)", "training loss, smoothed")
        for test in tests:
            axes = grid.axes_dict[test["cell"]]
            axes.axvline(test["chosen"], color="#de8f05", linestyle="--")
            axes.set_title(f"{test['cell']}\nchosen: {test['chosen']:.1e}", fontsize=8.5)
        grid.tight_layout()
        return Figure(
            dataset="",
            title=_rates(tests),
            caption="The rate grows step by step on a copy of the network, on training images alone; "
            "the dashed line is a tenth of the rate at which the smoothed loss is lowest. One test "
            "serves all seeds of a cell.",
            alt="Curves of training loss over learning rate, one panel for each of "
            + ", ".join(f"{test['cell']} (chosen {test['chosen']:.1e})" for test in tests),
            source=svg(grid.figure),
            table=points,
        )


def _rates(tests: Sequence[Mapping[str, Any]]) -> str:
    low, high = (end(test["chosen"] for test in tests) for end in (min, max))
    between = f"{low:.1e}" if low == high else f"from {low:.1e} to {high:.1e}"
    return f"Learning rates chosen by a range test: {between}"


def errors_by_depth(found: pd.DataFrame, title: str) -> Figure:
    """Draw training and validation error of plain and residual networks against their depth."""
    long = found.melt(
        id_vars=["family", "depth", "dataset", "train_size", "run_id"],
        value_vars=["training", "validation"],
        var_name="images",
        value_name="error",
    )
    long["family"] = long["family"].map(_FAMILIES)
    depths = sorted(long["depth"].unique())
    with styled():
        grid = sns.relplot(
            long,
            x="depth",
            y="error",
            hue="family",
            style="family",
            col="images",
            kind="line",
            markers=True,
            errorbar=("pi", 100),
            palette="colorblind",
            height=3.4,
            aspect=1.2,
        )
        grid.set_axis_labels("depth, weighted layers", "error after the last epoch")
        grid.set_titles("{col_name} images")
        for axes in grid.axes.flat:
            axes.set_xticks(depths)
            axes.yaxis.set_major_formatter(PERCENT)
        return Figure(
            dataset="",
            title=title,
            caption="Plain networks and their residual twins with the same layers, one recipe; lines "
            "are means over seeds and all else, bands span the lowest and the highest run. Training "
            "images are counted as they were learned from in the last epoch, augmented if at all.",
            alt="Lines of training and validation error over depth for plain and residual networks: "
            + _said(long),
            source=svg(grid.figure),
            table=long,
        )


def _said(long: pd.DataFrame) -> str:
    means = long.groupby(["images", "family", "depth"])["error"].mean()
    return "; ".join(
        f"{images}, {family}, {depth} layers: {error:.1%}"
        for (images, family, depth), error in means.items()
    )


def gradients_by_layer(gradients: pd.DataFrame) -> Figure:
    """Draw each layer's gradient norm at three moments; ``gradients`` carries the runs' columns."""
    last = gradients.groupby("run_id")["epoch"].transform("max")
    middle = (last + 1) // 2
    moments = gradients.assign(
        moment=[
            _MOMENTS[0] if epoch == 1 else _MOMENTS[2] if epoch == end else _MOMENTS[1]
            for epoch, end in zip(gradients["epoch"], last, strict=True)
        ]
    )[(gradients["epoch"] == 1) | (gradients["epoch"] == last) | (gradients["epoch"] == middle)]
    keys = ["architecture", "moment", "depth"]
    means = moments.groupby(keys, sort=False)["norm"].mean().reset_index()
    with styled():
        grid = sns.relplot(
            moments,
            x="depth",
            y="norm",
            hue="moment",
            hue_order=[name for name in _MOMENTS if name in set(moments["moment"])],
            style="moment",
            style_order=[name for name in _MOMENTS if name in set(moments["moment"])],
            col="architecture",
            col_wrap=min(3, moments["architecture"].nunique()),
            kind="line",
            errorbar=None,
            palette="colorblind",
            height=2.6,
            aspect=1.3,
            facet_kws={"sharex": False},
        )
        grid.set(yscale="log")
        grid.set_titles("{col_name}")
        grid.set_axis_labels("layer, from the input", "gradient norm (log scale)")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        return Figure(
            dataset="",
            title=_steepest(means),
            caption="Euclidean norm of the gradient of each layer's weights at the first step of the "
            "first, a middle and the last epoch, before clipping: how much of the error reaches the "
            "layers near the input. Means over all runs of an architecture.",
            alt="Lines of gradient norm over layers at three moments, one panel for each of "
            + ", ".join(map(str, moments["architecture"].unique())),
            source=svg(grid.figure),
            table=means,
        )


def _steepest(means: pd.DataFrame) -> str:
    """Say in which network first and last layer are the furthest apart, in the first epoch."""
    start = means[means["moment"] == _MOMENTS[0]].sort_values("depth", kind="stable")
    ends = start.groupby("architecture", sort=False)["norm"].agg(["first", "last"])
    times = ends["first"] / ends["last"]
    name = (times.clip(lower=1e-12).map(log).abs()).idxmax()
    ratio = plain(times[name])
    return f"At the start, the first layer of {name} has {ratio} times the gradient of its last"
