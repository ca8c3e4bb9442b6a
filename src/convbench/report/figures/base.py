"""Palette, style and SVG export shared by all figures."""

import io
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.legend import Legend
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
)

from convbench.results.rows import columns_of
from convbench.results.schema import ConfigurationKey

mpl.use("Agg")

_STYLE = mpl.RcParams(
    sns.axes_style("whitegrid")
    | {
        "svg.hashsalt": "convbench",  # the same figure gives the same bytes
        "font.size": 10.0,
        "axes.titlesize": 11.0,
        "axes.titleweight": "bold",
        "legend.frameon": False,
        "figure.constrained_layout.use": False,
    }
)
BLUE, ORANGE, GREY = "#0173b2", "#de8f05", "#949494"
COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")
PERCENT = FuncFormatter(lambda value, _: f"{100 * value:.10g}%")
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")
THOUSANDS = EngFormatter(sep=" ")
"""Writes k, M, G for thousands, millions, billions."""
HEADINGS: Mapping[str, str] = {
    name: about.heading.lower() for name, about in columns_of(ConfigurationKey).items()
}
"""Column of a configuration -> what a legend calls it."""


Colours = Mapping[str, tuple[float, float, float]]
"""Name -> red, green and blue, each in [0, 1]."""


def colours_of(names: Iterable[str]) -> Colours:
    """Give each name its colour, the same in every figure, in the order of first appearance.

    Colour-blind readers can tell the first ten apart.
    """
    levels = list(dict.fromkeys(names))
    return dict(zip(levels, sns.color_palette("colorblind", len(levels)), strict=True))


@dataclass(frozen=True)
class Figure:
    """One figure of the page."""

    dataset: str
    """Whose numbers it shows; empty where it shows none of a dataset's."""
    title: str
    caption: str
    alt: str
    """Text for readers who cannot see it."""
    source: str
    """The picture, as a data URI."""
    table: pd.DataFrame | None = None
    """The numbers in it, one row per mark."""

    @property
    def data(self) -> str:
        """The table as CSV, as a data URI; empty where there is none."""
        return "" if self.table is None else csv_of(self.table)

    @property
    def file(self) -> str:
        """The name of the CSV file."""
        return "_".join(re.findall(r"[a-z0-9]+", self.title.lower()))[:60] + ".csv"


def csv_of(table: pd.DataFrame) -> str:
    """Return a table as CSV, as a data URI."""
    return "data:text/csv;base64," + b64encode(table.to_csv(index=False).encode()).decode()


def means(data: pd.DataFrame, by: Sequence[str], column: str) -> pd.DataFrame:
    """Return the mean, the extremes and the number of values of ``column`` in each group."""
    grouped = data.groupby(list(by), sort=False)[column]
    return grouped.agg(["mean", "min", "max", "size"]).reset_index()


def styled() -> AbstractContextManager[None]:
    """Return a context that draws in the style of the report."""
    return mpl.rc_context(_STYLE)


def name_legend(legend: Legend | None) -> None:
    """Replace the names of columns in a legend that seaborn made by their headings."""
    assert legend is not None, "figures with several colours have a legend"
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_text(HEADINGS.get(text.get_text(), text.get_text()))


def logarithmic(axes: Axes, numbers: FuncFormatter | EngFormatter) -> None:
    """Label 1, 2 and 5 of each power of ten on the horizontal axis; on a short axis, a few values."""
    low, high = axes.get_xlim()
    wide = high > 5 * low
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if wide else MaxNLocator(3))
    axes.xaxis.set_major_formatter(numbers)
    axes.xaxis.set_minor_formatter(NullFormatter())


def alt_of(what: str, data: pd.DataFrame, lines: str, panels: str) -> str:
    """Describe a figure with a colour per value of ``lines`` and a panel per value of ``panels``."""
    kinds = ", ".join(map(str, data[lines].unique()))
    panes = ", ".join(map(str, data[panels].unique()))
    return f"{what}, for {kinds}; one panel or group for each of {panes}. The numbers are in the tables."


def svg(drawing: Drawing) -> str:
    """Return a drawing as a data URI and close it; the same drawing gives the same bytes."""
    text = io.StringIO()
    plt.close(drawing)  # seaborn's are kept open otherwise, all of a report's
    dateless = {"Date": None, "Creator": None}
    drawing.savefig(text, format="svg", bbox_inches="tight", dpi=150, metadata=dateless)
    return "data:image/svg+xml;base64," + b64encode(text.getvalue().encode()).decode()
