"""The figure of ranks over datasets."""

import pandas as pd
from matplotlib.figure import Figure as Drawing
from scikit_posthocs import critical_difference_diagram

from convbench.report.figures import Figure, styled, svg


def critical_difference(
    ranks: pd.Series, pairs: pd.DataFrame, datasets: int, p: float, title: str
) -> Figure:
    """Draw mean ranks on a line, those joined that cannot be told apart."""
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
            caption=f"Mean ranks by test score over {datasets} datasets, each at its largest training "
            "size; only ways to train that every dataset has. Bars join those that cannot be told apart "
            f"(Nemenyi's test at 5%; Friedman's test that all are alike: p = {p:.2g}; Demšar 2006).",
            alt="Mean ranks: " + ", ".join(f"{way} {rank:.1f}" for way, rank in ranks.items()),
            source=svg(drawing),
            table=ranks.rename("rank").rename_axis("way").reset_index(),
        )
