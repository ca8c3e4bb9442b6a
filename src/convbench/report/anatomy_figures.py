"""Figures of what networks are made of."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from convbench.report.figures import COUNT, Colours, Figure, styled, svg


def sizes(networks: pd.DataFrame, colours: Colours) -> Figure:
    """Draw the parameters of each network against its multiply-adds; columns as they are called."""
    with styled():
        drawing = Drawing(figsize=(8.5, 4.4), layout="tight")
        axes = drawing.subplots()
        sns.scatterplot(
            networks,
            x="macs",
            y="parameters",
            hue="network",
            style="network",
            palette=colours,
            s=110,
            ax=axes,
        )
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="multiply-adds of one image (log scale)",
            ylabel="parameters (log scale)",
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(EngFormatter(sep=" "))
        _legend_beside(axes)
        return Figure(
            dataset="",
            title=_from_to(networks, "parameters"),
            caption="One point a network, at the image size beside its name. Parameters are what has to "
            "be stored and learned, multiply-adds what has to be calculated for one image: fully "
            "connected layers have many of the first, convolutions on large maps many of the second. "
            "k, M, G: thousands, millions, billions. Networks of one point share it: a residual network "
            "and its plain twin.",
            alt=f"Points of parameters over multiply-adds for {', '.join(networks['network'])}. "
            "The numbers are in the table.",
            source=svg(drawing),
            table=networks,
        )


def receptive_fields(layers: pd.DataFrame, colours: Colours) -> Figure:
    """Draw how the receptive field, in pixels, grows with the depth; the largest of each depth."""
    largest = layers.groupby(["network", "depth"], sort=False, as_index=False)["field"].max()
    with styled():
        drawing = Drawing(figsize=(8.5, 4.4), layout="tight")
        axes = drawing.subplots()
        sns.lineplot(
            largest,
            x="depth",
            y="field",
            hue="network",
            style="network",
            palette=colours,
            markers=True,
            dashes=False,
            ax=axes,
        )
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="depth: layers with weights so far (log scale)",
            ylabel="receptive field, px a side (log scale)",
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(COUNT)
            axis.set_minor_formatter(NullFormatter())
        _legend_beside(axes)
        return Figure(
            dataset="",
            title=_widest(largest),
            caption="What one position of a layer's output sees of the image, along the longest path. "
            "Every stride makes the layers after it widen it in larger steps. A line ends where "
            "pooling, a fully connected layer, attention or squeeze-and-excitation sees all at once. "
            "Networks of one line share it: a residual network and its plain twin.",
            alt=f"Lines of the receptive field over depth for {', '.join(largest['network'].unique())}. "
            "The last values are in the table.",
            source=svg(drawing),
            table=largest,
        )


def _from_to(networks: pd.DataFrame, what: str) -> str:
    """Say between which networks the numbers lie."""
    least, most = (networks.loc[place] for place in (networks[what].idxmin(), networks[what].idxmax()))
    return f"From {least[what]:,} {what} ({least['network']}) to {most[what]:,} ({most['network']})"


def _widest(layers: pd.DataFrame) -> str:
    widest = layers.loc[layers["field"].idxmax()]
    return f"The receptive field grows with depth, up to {widest['field']:,} px ({widest['network']})"


def _legend_beside(axes: Axes) -> None:
    axes.legend(title="network", loc="center left", bbox_to_anchor=(1, 0.5))
    sns.despine(axes.figure)
