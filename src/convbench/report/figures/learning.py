"""Figures of training: learning-rate range tests, gradients by layer, errors by depth."""

from collections.abc import Mapping
from math import log

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from convbench.analysis.depth import DepthRow
from convbench.engine.range_test import RangeTest
from convbench.report.figures.base import ORANGE, PERCENT, Figure, styled, svg
from convbench.report.text.numbers import plain
from convbench.results.schema import GradientRow, RunRow

_TEST, _RATE, _LOSS = "test", "rate", "loss"
_KIND, _IMAGES, _ERROR = "kind", "images", "error"
_KINDS = {True: "plain", False: "residual"}
_MOMENT = "moment"
_MOMENTS = ("first epoch", "middle epoch", "last epoch")


def range_tests(tests: Mapping[str, RangeTest]) -> Figure:
    """Draw the loss of each learning-rate range test against the rate, and the rate that it chose.

    ``tests``: the configuration's name -> its test.
    """
    points = pd.DataFrame(
        [
            {_TEST: name, _RATE: rate, _LOSS: loss}
            for name, test in tests.items()
            for rate, loss in zip(test.lrs, test.losses, strict=True)
        ]
    )
    with styled():
        grid = sns.relplot(
            points,
            x=_RATE,
            y=_LOSS,
            col=_TEST,
            col_wrap=min(3, len(tests)),
            kind="line",
            height=2.6,
            aspect=1.35,
            facet_kws={"sharey": False},
        )
        grid.set(xscale="log")
        grid.set_axis_labels("learning rate of the classifier (log scale)", "training loss, smoothed")
        for name, test in tests.items():
            axes = grid.axes_dict[name]
            axes.axvline(test.chosen_lr, color=ORANGE, linestyle="--")
            axes.set_title(f"{name}\nchosen: {test.chosen_lr:.1e}", fontsize=8.5)
        grid.tight_layout()
        chosen = ", ".join(f"{name} (chosen {test.chosen_lr:.1e})" for name, test in tests.items())
        return Figure(
            dataset="",
            title=_rates([test.chosen_lr for test in tests.values()]),
            caption="The test trains a copy of the network on training images and raises the learning "
            "rate at each step. It chooses a tenth of the rate at which the smoothed loss is lowest "
            "(dashed line). All seeds of a configuration use the rate that one test chose.",
            alt=f"Curves of training loss over learning rate, one panel for each of {chosen}",
            source=svg(grid.figure),
            table=points,
        )


def _rates(chosen: list[float]) -> str:
    low, high = min(chosen), max(chosen)
    between = f"{low:.1e}" if low == high else f"from {low:.1e} to {high:.1e}"
    return f"Learning rates chosen by a range test: {between}"


def errors_by_depth(found: pd.DataFrame, title: str) -> Figure:
    """Draw training and validation error against depth; ``found``: rows of ``DepthRow``."""
    kinds = found[DepthRow.plain].map(_KINDS)
    long = found.assign(**{_KIND: kinds}).melt(
        id_vars=[_KIND, DepthRow.depth, DepthRow.dataset, DepthRow.train_size, DepthRow.run_id],
        value_vars=[DepthRow.training, DepthRow.validation],
        var_name=_IMAGES,
        value_name=_ERROR,
    )
    depths = sorted(long[DepthRow.depth].unique())
    with styled():
        grid = sns.relplot(
            long,
            x=DepthRow.depth,
            y=_ERROR,
            hue=_KIND,
            style=_KIND,
            col=_IMAGES,
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
            caption="Plain networks and residual networks with the same layers and hyperparameters. "
            "Lines show means over all runs; bands span the lowest and the highest run. The training "
            "error is that of the last epoch, on the training images after augmentation.",
            alt="Lines of training and validation error over depth for plain and residual networks: "
            + _mean_errors(long),
            source=svg(grid.figure),
            table=long,
        )


def _mean_errors(long: pd.DataFrame) -> str:
    found = long.groupby([_IMAGES, _KIND, DepthRow.depth])[_ERROR].mean().reset_index()
    parts = zip(*(found[name] for name in (_IMAGES, _KIND, DepthRow.depth, _ERROR)), strict=True)
    return "; ".join(
        f"{images}, {kind}, {depth} layers: {error:.1%}" for images, kind, depth, error in parts
    )


def gradients_by_layer(gradients: pd.DataFrame) -> Figure:
    """Draw each layer's gradient norm in the first, the middle and the last epoch.

    ``gradients``: rows of ``GradientRow`` with the architecture of their run.
    """
    moments = _moments(gradients)
    keys = [RunRow.architecture, _MOMENT, GradientRow.depth]
    means = moments.groupby(keys, sort=False)[GradientRow.norm].mean().reset_index()
    there = set(moments[_MOMENT])
    order = [name for name in _MOMENTS if name in there]
    with styled():
        grid = sns.relplot(
            moments,
            x=GradientRow.depth,
            y=GradientRow.norm,
            hue=_MOMENT,
            hue_order=order,
            style=_MOMENT,
            style_order=order,
            col=RunRow.architecture,
            col_wrap=min(3, moments[RunRow.architecture].nunique()),
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
        names = ", ".join(moments[RunRow.architecture].unique())
        return Figure(
            dataset="",
            title=_steepest(means),
            caption="Euclidean norm of the gradient of each layer's weights at the first step of an "
            "epoch, before clipping. It shows how strong the training signal is in the layers near the "
            "input. Lines are means over all runs of an architecture.",
            alt=f"Lines of gradient norm over layers in three epochs, one panel for each of {names}",
            source=svg(grid.figure),
            table=means,
        )


def _moments(gradients: pd.DataFrame) -> pd.DataFrame:
    """Select the first, the middle and the last epoch of each run, and name them."""
    epoch = gradients[GradientRow.epoch].to_numpy(int)
    ends = gradients.groupby(GradientRow.run_id)[GradientRow.epoch].transform("max")
    last = ends.to_numpy(int)
    first, middle, end = _MOMENTS
    names = np.select([epoch == 1, epoch == last, epoch == (last + 1) // 2], [first, end, middle], "")
    named = gradients.assign(**{_MOMENT: names})
    return named[named[_MOMENT] != ""]


def _steepest(means: pd.DataFrame) -> str:
    """Name the network whose first and last layer differ most, in the first epoch."""
    start = means[means[_MOMENT] == _MOMENTS[0]].sort_values(GradientRow.depth, kind="stable")
    norms = start.groupby(RunRow.architecture, sort=False)[GradientRow.norm]
    times = norms.first() / norms.last()
    name, ratio = max(times.items(), key=lambda item: abs(log(max(item[1], 1e-12))))
    return f"At the start, the first layer of {name} has {plain(ratio)} times the gradient of its last"
