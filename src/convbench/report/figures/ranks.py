"""The figure of ranks over datasets."""

import pandas as pd
from matplotlib.figure import Figure as Drawing
from scikit_posthocs import critical_difference_diagram

from convbench.report.figures.base import Figure, styled, svg


def critical_difference(
    ranks: "pd.Series[float]", pairs: pd.DataFrame, datasets: int, p: float, title: str
) -> Figure:
    """Draw mean ranks on a line; bars join those that are not significantly different.

    ``ranks``: configuration -> mean rank. ``pairs``: the p-value of each pair. ``p``: that of Friedman's
    test.
    """
    with styled():
        drawing = Drawing(figsize=(10, 1.2 + 0.17 * len(ranks)), layout="tight")
        axes = drawing.subplots()
        critical_difference_diagram(
            ranks,
            pairs,
            ax=axes,
            label_fmt_left="{label}  {rank:.1f}",
            label_fmt_right="{rank:.1f}  {label}",
            color_palette=dict.fromkeys(ranks.index, "0.3"),
        )
        axes.grid(visible=False)
        axes.set_title("mean rank over datasets (1: best)", fontsize=10, fontweight="normal")
        return Figure(
            dataset="",
            title=title,
            caption=f"Mean ranks of the test score over {datasets} datasets, each at its largest number "
            "of training images. Only configurations that every dataset has are ranked. Bars join "
            "configurations that are not significantly different (Nemenyi's test, 5%). Friedman's test "
            f"that all configurations are equal: p = {p:.2g} (Demšar 2006).",
            alt="Mean ranks: " + ", ".join(f"{name} {rank:.1f}" for name, rank in ranks.items()),
            source=svg(drawing),
            table=ranks.rename("rank").rename_axis("configuration").reset_index(),
        )
