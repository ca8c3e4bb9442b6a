"""Curves to point at: plotly's, whose bundle the page holds once."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.offline import get_plotlyjs

from convbench.report.figures import Colours, colours_of, csv_of

_SHOWN = 40  # curves; more would be told apart by nobody


@dataclass(frozen=True)
class HoverCurves:
    """One interactive figure."""

    dataset: str
    title: str
    caption: str
    alt: str
    keys: dict[str, str]
    """Strategy -> colour; of one strategy, architecture -> colour."""
    figure: Any
    """What plotly draws, as JSON gives it."""
    table: pd.DataFrame

    @property
    def data(self) -> str:
        """The table as CSV, as a data URI."""
        return csv_of(self.table)


def bundle() -> str:
    """Return plotly's JavaScript."""
    return str(get_plotlyjs())


def validation_curves(
    dataset: str, curves: pd.DataFrame, colours: Colours, score: str, title: str
) -> HoverCurves:
    """Draw the validation score by epoch, a curve a cell; the best 40 where there are more.

    ``curves``: a row a cell and epoch, with the mean ``val_score`` over seeds, one training size.
    """
    key = ["architecture", "strategy", "augmentation"]
    best = curves.groupby(key, sort=False)["val_score"].max().nlargest(_SHOWN, keep="first")
    shown = curves.set_index(key).loc[best.index].reset_index()
    told = "strategy" if shown["strategy"].nunique() > 1 else "architecture"
    if told == "architecture":
        colours = colours_of(shown[told])
    drawing = go.Figure()
    for names, own in shown.groupby(key, sort=False):
        drawing.add_scatter(
            x=own["epoch"].tolist(),
            y=own["val_score"].round(4).tolist(),
            name=", ".join(names),
            mode="lines",
            line={"color": to_hex(colours[names[key.index(told)]]), "width": 2},
            hovertemplate=f"{', '.join(names)}<br>epoch %{{x}}: %{{y:.1%}}<extra></extra>",
        )
    drawing.update_layout(
        template="none",
        height=440,
        margin={"l": 60, "r": 15, "t": 15, "b": 50},
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"title": {"text": "epoch"}, "gridcolor": "rgba(128,128,128,.25)", "nticks": 8},
        yaxis={
            "title": {"text": f"validation {score}"},
            "tickformat": ".0%",
            "gridcolor": "rgba(128,128,128,.25)",
        },
        hoverlabel={"namelength": -1},
    )
    size, drawn = curves["train_size"].iloc[0], len(best)
    return HoverCurves(
        dataset=dataset,
        title=title,
        caption="Point at a curve to read it, drag to look closer, double-click to go back. One curve "
        f"a combination with {size:,} training images{f', the best {drawn}' if drawn == _SHOWN else ''}"
        f": the mean validation {score} over its seeds.",
        alt=f"Curves of validation {score} over epochs of {drawn} combinations. See the CSV.",
        keys={str(name): to_hex(colours[str(name)]) for name in shown[told].unique()},
        figure=json.loads(drawing.to_json()),
        table=shown,
    )
