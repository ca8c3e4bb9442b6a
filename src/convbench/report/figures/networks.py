"""Figures of the networks: parameters, multiply-adds and receptive fields."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import LogLocator, NullFormatter

from convbench.report.figures.base import COUNT, THOUSANDS, Colours, Figure, styled, svg
from convbench.results.rows import Column, column, row, rows_of


@row
class NetworkRow:
    """The size of a network."""

    network: Column[str] = column("Name and image size.", "Network")
    parameters: Column[int] = column("Parameters.", "Parameters", format="count")
    macs: Column[int] = column("Multiply-adds of one image.", "Multiply-adds", format="count")


@row
class ReceptiveFieldRow:
    """The receptive field of a layer."""

    network: Column[str] = column("Name and image size.", "Network")
    depth: Column[int] = column("Layers with weights so far.", "Depth", format="count")
    field: Column[int] = column("Side of the receptive field.", "Receptive field, px", unit="px")


def sizes(networks: pd.DataFrame, colours: Colours) -> Figure:
    """Draw the parameters of each network against its multiply-adds; rows of ``NetworkRow``."""
    with styled():
        drawing = Drawing(figsize=(8.5, 4.4), layout="tight")
        axes = drawing.subplots()
        sns.scatterplot(
            networks,
            x=NetworkRow.macs,
            y=NetworkRow.parameters,
            hue=NetworkRow.network,
            style=NetworkRow.network,
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
            axis.set_major_formatter(THOUSANDS)
        _legend_beside(axes)
        rows = rows_of(networks, NetworkRow)
        return Figure(
            dataset="",
            title=_from_to(rows),
            caption="Each point is a network at the image size beside its name. Parameters determine "
            "the memory, multiply-adds the computation for one image. Fully connected layers have many "
            "parameters; convolutions on large feature maps need many multiply-adds. k, M, G: "
            "thousands, millions, billions. A residual network and its plain twin share a point.",
            alt="Points of parameters over multiply-adds for "
            f"{', '.join(row.network for row in rows)}. The numbers are in the table.",
            source=svg(drawing),
            table=networks,
        )


def receptive_fields(layers: pd.DataFrame, colours: Colours) -> Figure:
    """Draw the largest receptive field, in pixels, at each depth; rows of ``ReceptiveFieldRow``."""
    by = [ReceptiveFieldRow.network, ReceptiveFieldRow.depth]
    largest = layers.groupby(by, sort=False)[ReceptiveFieldRow.field].max().reset_index()
    with styled():
        drawing = Drawing(figsize=(8.5, 4.4), layout="tight")
        axes = drawing.subplots()
        sns.lineplot(
            largest,
            x=ReceptiveFieldRow.depth,
            y=ReceptiveFieldRow.field,
            hue=ReceptiveFieldRow.network,
            style=ReceptiveFieldRow.network,
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
        names = ", ".join(largest[ReceptiveFieldRow.network].unique())
        return Figure(
            dataset="",
            title=_widest(rows_of(largest, ReceptiveFieldRow)),
            caption="The receptive field is the part of the image that one position of a layer's output "
            "depends on, along the longest path. After each stride, later layers widen it in larger "
            "steps. A line ends where pooling, a fully connected layer, attention or "
            "squeeze-and-excitation covers the whole image at once. A residual network and its plain "
            "twin share a line.",
            alt=f"Lines of the receptive field over depth for {names}. The last values are in the "
            "table.",
            source=svg(drawing),
            table=largest,
        )


def _from_to(rows: list[NetworkRow]) -> str:
    least, most = (end(rows, key=lambda row: row.parameters) for end in (min, max))
    return (
        f"From {least.parameters:,} parameters ({least.network}) to {most.parameters:,} ({most.network})"
    )


def _widest(rows: list[ReceptiveFieldRow]) -> str:
    widest = max(rows, key=lambda row: row.field)
    return f"The receptive field grows with depth, up to {widest.field:,} px ({widest.network})"


def _legend_beside(axes: Axes) -> None:
    axes.legend(title=NetworkRow.network, loc="center left", bbox_to_anchor=(1, 0.5))
    sns.despine(axes.figure)
