"""Interactive curves, drawn by plotly, whose JavaScript the page holds once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.offline import get_plotlyjs

from convbench.report.figures.base import Colours, colours_of, csv_of
from convbench.results.schema import EpochRow, RunRow

_SHOWN = 40  # curves; nobody could tell more apart
_KEY = [RunRow.architecture, RunRow.label, RunRow.augmentation]
_GRID = "rgba(128,128,128,.25)"


@dataclass(frozen=True)
class HoverCurves:
    """One interactive figure."""

    dataset: str
    title: str
    caption: str
    alt: str
    keys: Mapping[str, str]
    """Strategy -> colour; architecture -> colour where there is one strategy."""
    figure: Mapping[str, object]
    """What plotly draws, as JSON."""
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
    """Draw the validation score by epoch, one curve per configuration; at most the best 40.

    ``curves``: one row per configuration and epoch, with the mean ``val_score`` over seeds, of one
    training size.
    """
    best = curves.groupby(_KEY, sort=False)[EpochRow.val_score].max().nlargest(_SHOWN, keep="first")
    shown = curves.set_index(_KEY).loc[best.index].reset_index()
    hue = RunRow.label if shown[RunRow.label].nunique() > 1 else RunRow.architecture
    if hue == RunRow.architecture:
        colours = colours_of(shown[hue])
    hexes = {str(name): to_hex(colours[name]) for name in shown[hue].unique()}
    size, drawn = curves[RunRow.train_size].iloc[0], len(best)
    some = f", of the best {drawn} configurations" if drawn == _SHOWN else ""
    return HoverCurves(
        dataset=dataset,
        title=title,
        caption="Point at a curve to read it, drag to zoom in, double-click to zoom out. Each curve is "
        f"a configuration with {size:,} training images{some}: its mean validation {score} over seeds.",
        alt=f"Curves of validation {score} over epochs of {drawn} configurations. See the CSV.",
        keys=hexes,
        figure=json.loads(_drawing(shown, hexes, hue, score).to_json()),
        table=shown,
    )


def _drawing(shown: pd.DataFrame, hexes: Mapping[str, str], hue: str, score: str) -> go.Figure:
    drawing = go.Figure()
    for _, own in shown.groupby(_KEY, sort=False):
        name = ", ".join(own[column].iloc[0] for column in _KEY)
        drawing.add_scatter(
            x=own[EpochRow.epoch].tolist(),
            y=own[EpochRow.val_score].round(4).tolist(),
            name=name,
            mode="lines",
            line={"color": hexes[own[hue].iloc[0]], "width": 2},
            hovertemplate=f"{name}<br>epoch %{{x}}: %{{y:.1%}}<extra></extra>",
        )
    drawing.update_layout(
        template="none",
        height=440,
        margin={"l": 60, "r": 15, "t": 15, "b": 50},
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"title": {"text": "epoch"}, "gridcolor": _GRID, "nticks": 8},
        yaxis={"title": {"text": f"validation {score}"}, "tickformat": ".0%", "gridcolor": _GRID},
        hoverlabel={"namelength": -1},
    )
    return drawing
