"""Figures of what the best way to train gets wrong, and of how sure it is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing
from statsmodels.stats.proportion import proportion_confint

from convbench.report.figures import PERCENT, Figure, styled, svg

_MOST = 25  # classes that a matrix has room for


def confusion(dataset: str, counts: np.ndarray, classes: Sequence[str], who: str, title: str) -> Figure:
    """Draw images ``[C, C]``, a row the true class, as shares of the row; the worst if they are many."""
    kept = np.argsort(np.diag(counts) / np.maximum(counts.sum(axis=1), 1), kind="stable")[:_MOST]
    kept = np.sort(kept)
    names = [classes[place] for place in kept]
    shares = counts[np.ix_(kept, kept)] / np.maximum(counts[kept].sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.34 * len(kept)
    left_out = f" The {len(kept)} classes of {len(classes)} that are most often missed." * (
        len(kept) < len(classes)
    )
    with styled():
        drawing = Drawing(figsize=(side + 1.2, side), layout="tight")
        axes = drawing.subplots()
        sns.heatmap(
            pd.DataFrame(100 * shares, names, names),
            ax=axes,
            cmap="Blues",
            vmin=0,
            vmax=100,
            square=True,
            annot=len(kept) <= 12,
            fmt=".0f",
            linewidths=0.5,
            cbar_kws={"label": "% of the true class", "shrink": 0.7},
        )
        axes.set(xlabel="said", ylabel="true")
        axes.tick_params(axis="y", rotation=0)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Test images of {who}: their class (rows) and the one that is said (columns), "
            f"in percent of the row, over all its seeds.{left_out}",
            alt=f"A matrix of {len(kept)} classes; right on the diagonal: "
            + ", ".join(
                f"{name} {share:.0%}" for name, share in zip(names, np.diag(shares), strict=True)
            ),
            source=svg(drawing),
            table=pd.DataFrame(counts, pd.Index(classes, name="true"), list(classes)).reset_index(),
        )


def reliability(dataset: str, bins: pd.DataFrame, who: str, title: str) -> Figure:
    """Draw how often answers are right against how sure they are; a row of ``bins`` a point.

    The bars are Wilson's 95% intervals of a share (Wilson 1927).
    """
    low, high = proportion_confint(
        (bins["right"] * bins["answers"]).round(), bins["answers"], method="wilson"
    )
    bins = bins.assign(low=low, high=high)
    with styled():
        drawing = Drawing(figsize=(7.6, 4.0), layout="tight")
        axes = drawing.subplots()
        axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="as sure as right")
        axes.vlines(bins["confidence"], low, high, color="#0173b2", alpha=0.5, label="measured")
        axes.scatter(
            bins["confidence"],
            bins["right"],
            s=20 + 280 * bins["answers"] / bins["answers"].max(),
            color="#0173b2",
            clip_on=False,
            zorder=3,
        )
        axes.set(xlabel="how sure (probability)", ylabel="how often right", xlim=(0, 1), ylim=(0, 1.02))
        axes.xaxis.set_major_formatter(PERCENT)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Test images of {who}, all seeds, in bins of how sure the network is; the larger a "
            "point, the more answers. Bars are Wilson's 95% intervals, of answers that do not depend on "
            "each other. Below the dashed line it is surer than it is right.",
            alt="Points of accuracy over confidence: "
            + "; ".join(
                f"{row.confidence:.0%} sure, {row.right:.0%} right" for row in bins.itertuples()
            ),
            source=svg(drawing),
            table=bins,
        )
