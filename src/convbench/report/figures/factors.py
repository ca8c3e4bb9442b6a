"""Figures of the effect of each factor, and of the variance that it explains."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing

from convbench.report.figures.base import BLUE, GREY, PERCENT, Figure, styled, svg
from convbench.report.text.numbers import level_name, points
from convbench.results.rows import rows_of
from convbench.results.schema import EffectRow, VarianceRow


def effects(dataset: str, data: pd.DataFrame, score: str, title: str) -> Figure:
    """Draw the effect of each level against its baseline, in points, with its confidence interval.

    ``data``: rows of ``EffectRow``.
    """
    rows = rows_of(data, EffectRow)
    names = [
        f"{level_name(row.factor, row.level)} against {level_name(row.factor, row.baseline)}"
        for row in rows
    ]
    parts = [f"{name} {points(row.difference)}" for name, row in zip(names, rows, strict=True)]
    shown = [EffectRow.factor, EffectRow.level, EffectRow.baseline]
    shown += [EffectRow.difference, EffectRow.low, EffectRow.high, EffectRow.pairs]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.3 + 0.34 * len(rows)), layout="tight")
        axes = drawing.subplots()
        axes.axvline(0, color="0.4", linewidth=1)
        for place, row in enumerate(rows):
            colour, marker = (BLUE, "o") if row.significant else (GREY, "D")
            if row.low is not None and row.high is not None:
                axes.plot([100 * row.low, 100 * row.high], [place, place], color=colour, linewidth=2)
            axes.plot(100 * row.difference, place, marker, color=colour, markersize=7)
        axes.set_yticks(range(len(rows)), names)
        axes.set_xlabel(f"effect on the test {score}, points")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        sns.despine(drawing, left=True)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Points show the mean difference of the test {score} between pairs of runs that "
            "differ in this factor alone; where training sizes are compared, also in images, epochs and "
            "batch size. Bars: 95% confidence interval of the mean difference, which includes the "
            "variation between pairs and between test images. Blue circles: "
            "significant (5%, Holm's correction); grey diamonds: not significant.",
            alt=f"Points with intervals: {'; '.join(parts)}",
            source=svg(drawing),
            table=data[shown],
        )


def variance(dataset: str, data: pd.DataFrame, score: str, title: str) -> Figure:
    """Draw the share of the variance between runs that each factor and each interaction explains.

    ``data``: rows of ``VarianceRow``.
    """
    rows = rows_of(data, VarianceRow)
    names = [
        " × ".join(name.replace("_", " ") for name in (row.factor, row.partner) if name) for row in rows
    ]
    parts = [f"{name} {row.eta_squared:.1%}" for name, row in zip(names, rows, strict=True)]
    shown = [VarianceRow.factor, VarianceRow.partner, VarianceRow.eta_squared, VarianceRow.p_holm]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.1 + 0.34 * len(rows)), layout="tight")
        axes = drawing.subplots()
        colours = [BLUE if row.significant else GREY for row in rows]
        bars = axes.barh(names, [row.eta_squared for row in rows], color=colours)
        axes.bar_label(bars, fmt=lambda value: f"{value:.1%}", padding=3, fontsize=9)
        axes.set_xlabel(f"share of the variance of the test {score} between runs (eta squared)")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.margins(x=0.12)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        sns.despine(drawing)
        return Figure(
            dataset=dataset,
            title=title,
            caption="Analysis of variance over all finished runs. Bars show the share of the variance "
            "that each factor explains. An interaction (×) means that the effect of one factor depends "
            "on the other; it is shown where all combinations of the two were run. The rest is the "
            "variation between seeds and all that is not shown. Blue: significant (5%, Holm's "
            "correction); grey: not significant.",
            alt=f"Bars: {'; '.join(parts)}",
            source=svg(drawing),
            table=data[shown],
        )
