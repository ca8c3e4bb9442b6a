"""Figures of what each choice bought."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Drawing

from convbench.report.figures import PERCENT, Figure, styled, svg

_SEEN, _UNSEEN = "#0173b2", "#949494"


def effects(dataset: str, rows: pd.DataFrame, score: str, title: str) -> Figure:
    """Draw what each level changes against its baseline, in points, with its 95% interval."""
    rows = rows.reset_index(drop=True)
    shown = rows[["factor", "level", "baseline", "difference", "low", "high", "pairs"]]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.3 + 0.34 * len(rows)), layout="tight")
        axes = drawing.subplots()
        axes.axvline(0, color="0.4", linewidth=1)
        for place, row in enumerate(rows.itertuples()):
            colour = _SEEN if row.seen else _UNSEEN
            if not pd.isna(row.low):
                axes.plot([100 * row.low, 100 * row.high], [place, place], color=colour, linewidth=2)
            axes.plot(100 * row.difference, place, "o" if row.seen else "D", color=colour, markersize=7)
        names = [f"{row.level} against {row.baseline}" for row in rows.itertuples()]
        axes.set_yticks(range(len(rows)), names)
        axes.set_xlabel(f"change of the test {score}, points")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        sns.despine(drawing, left=True)
        return Figure(
            dataset=dataset,
            title=title,
            caption=f"Mean difference of the test {score} between pairs of runs alike in all else, "
            "seed and training images included, and its 95% interval, were other pairs and other test "
            "images drawn. "
            "Blue circles: an effect beyond chance (5%, Holm's correction); grey diamonds: none seen.",
            alt="Points with intervals: "
            + "; ".join(
                f"{name} {100 * row.difference:+.1f}"
                for name, row in zip(names, rows.itertuples(), strict=True)
            ),
            source=svg(drawing),
            table=shown,
        )


def variance(dataset: str, rows: pd.DataFrame, score: str, title: str) -> Figure:
    """Draw how much of the variance between runs each factor, and each pair of factors, explains."""
    names = [
        str(row.factor).replace("_", " ")
        + (f" × {row.partner.replace('_', ' ')}" if row.partner else "")
        for row in rows.rename(columns={"with": "partner"}).itertuples()
    ]
    with styled():
        drawing = Drawing(figsize=(8.5, 1.1 + 0.34 * len(rows)), layout="tight")
        axes = drawing.subplots()
        colours = [_SEEN if seen else _UNSEEN for seen in rows["seen"]]
        bars = axes.barh(names, rows["share"].astype(float), color=colours)
        axes.bar_label(bars, fmt=lambda value: f"{value:.1%}", padding=3, fontsize=9)
        axes.set_xlabel(f"share of the variance of the test {score} between runs")
        axes.xaxis.set_major_formatter(PERCENT)
        axes.margins(x=0.12)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        sns.despine(drawing)
        return Figure(
            dataset=dataset,
            title=title,
            caption="Analysis of variance over all finished runs: what each factor explains by itself, "
            "and what two of them explain only together (×: what one buys depends on the other). "
            "The rest is the seeds' and that of combinations of three. Grey: not beyond chance "
            "(5%, Holm's correction).",
            alt="Bars: "
            + "; ".join(f"{name} {share:.1%}" for name, share in zip(names, rows["share"], strict=True)),
            source=svg(drawing),
            table=rows[["factor", "with", "share", "p_holm"]],
        )
