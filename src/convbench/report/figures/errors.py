"""Figures of the predictions of a dataset's best configuration: its mistakes and its calibration."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing
from statsmodels.stats.proportion import proportion_confint

from convbench.analysis.calibration import Reliability
from convbench.report.figures.base import BLUE, PERCENT, Figure, styled, svg
from convbench.results.rows import Column, column, row, table

_MOST = 25  # classes that a matrix has room for
_NUMBERED = 12  # classes up to which the matrix has its numbers written in


def confusion(dataset: str, counts: np.ndarray, classes: Sequence[str], who: str, title: str) -> Figure:
    """Draw a confusion matrix ``[C, C]``, rows the true classes, in percent of the row.

    Of more than 25 classes, the 25 that are most often missed are drawn.
    """
    kept = np.argsort(np.diag(counts) / np.maximum(counts.sum(axis=1), 1), kind="stable")[:_MOST]
    kept = np.sort(kept)
    names = [classes[place] for place in kept]
    shares = counts[np.ix_(kept, kept)] / np.maximum(counts[kept].sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.34 * len(kept)
    some = f" Shown are the {len(kept)} of {len(classes)} classes that are most often missed."
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
            annot=len(kept) <= _NUMBERED,
            fmt=".0f",
            linewidths=0.5,
            cbar_kws={"label": "% of the true class", "shrink": 0.7},
        )
        axes.set(xlabel="predicted", ylabel="true")
        axes.tick_params(axis="y", rotation=0)
        recalls = [f"{name} {share:.0%}" for name, share in zip(names, np.diag(shares), strict=True)]
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Confusion matrix of {who} on the test images, over all seeds. Each entry is "
            "the share of the images of the true class (row) that are predicted as the class of the "
            f"column, in percent.{some * (len(kept) < len(classes))}",
            alt=f"Confusion matrix of {len(kept)} classes; share that is predicted correctly: "
            f"{', '.join(recalls)}",
            source=svg(drawing),
            table=pd.DataFrame(counts, pd.Index(classes, name="true"), list(classes)).reset_index(),
        )


@row
class ReliabilityRow:
    """A bin of predictions with about the same probability."""

    confidence: Column[float] = column("Mean probability.", format="percent")
    correct: Column[float] = column("Share of the predictions that is correct.", format="percent")
    predictions: Column[int] = column("Predictions.", format="count")
    low: Column[float] = column("Lower end of the 95% confidence interval of the share.")
    high: Column[float] = column("Upper end.")


def reliability(dataset: str, found: Reliability, who: str, title: str) -> Figure:
    """Draw how many predictions are correct against their probability, one point per bin.

    The bars are Wilson's 95% confidence intervals of a share (Wilson 1927).
    """
    low, high = proportion_confint((found.correct * found.count).round(), found.count, method="wilson")
    bins = [
        ReliabilityRow(confidence=confidence, correct=right, predictions=count, low=least, high=most)
        for confidence, right, count, least, most in zip(
            found.confidence, found.correct, found.count, low, high, strict=True
        )
    ]
    parts = [f"{each.correct:.0%} correct at a confidence of {each.confidence:.0%}" for each in bins]
    with styled():
        drawing = Drawing(figsize=(7.6, 4.0), layout="tight")
        axes = drawing.subplots()
        axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="perfectly calibrated")
        axes.vlines(found.confidence, low, high, color=BLUE, alpha=0.5, label="measured")
        size = 20 + 280 * found.count / found.count.max()
        axes.scatter(found.confidence, found.correct, s=size, color=BLUE, clip_on=False, zorder=3)
        axes.set_xlabel("confidence (probability)")
        axes.set_ylabel("share of correct predictions")
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.xaxis.set_major_formatter(PERCENT)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        sns.despine(drawing)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Calibration of {who} on the test images, over all seeds. Predictions are grouped "
            "by their probability (confidence); larger points hold more predictions. Bars are Wilson's "
            "95% confidence intervals, which take predictions to be independent. Points below the "
            "dashed line are overconfident: fewer predictions are correct than their confidence.",
            alt=f"Points of correct predictions over confidence: {'; '.join(parts)}",
            source=svg(drawing),
            table=table(bins, ReliabilityRow),
        )
