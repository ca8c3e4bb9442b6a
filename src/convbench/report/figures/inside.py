"""Figure of the feature embedding, coloured by class."""

import pandas as pd
import seaborn as sns

from convbench.report.figures.base import BLUE, ORANGE, Figure, styled, svg

NETWORK, CLASS, BESIDE, X, Y = "network", "class", "beside", "x", "y"
"""Columns of a table with one row per network and test image."""
_NEAREST = "nearest image"
_DISTINCT = 8  # classes that colours and shapes can tell apart
_BESIDE = {True: "same class", False: "another class"}


def embedding(dataset: str, places: pd.DataFrame, title: str) -> Figure:
    """Draw where networks place test images, one panel per network.

    ``places``: the image's class, whether its nearest image is of that class, and its place ``x, y``.
    """
    few = places[CLASS].nunique() <= _DISTINCT
    places = places.assign(**{_NEAREST: places[BESIDE].map(_BESIDE)})
    hue = CLASS if few else _NEAREST
    panels = places[NETWORK].nunique()
    with styled():
        grid = sns.relplot(
            places,
            x=X,
            y=Y,
            hue=hue,
            style=hue,
            col=NETWORK,
            col_wrap=2 if panels == 4 else min(3, panels),
            s=16,
            linewidth=0,
            alpha=0.8,
            rasterized=True,
            palette="colorblind" if few else {_BESIDE[True]: BLUE, _BESIDE[False]: ORANGE},
            height=3.2,
            aspect=1.0,
            facet_kws={"sharex": False, "sharey": False},
        )
        grid.set(xticks=[], yticks=[])
        grid.set_axis_labels("", "")
        grid.set_titles("{col_name}")
        networks = ", ".join(places[NETWORK].unique())
        one_line = places.assign(**{NETWORK: places[NETWORK].str.replace("\n", " ")})
        return Figure(
            dataset=dataset,
            title=title,
            caption="Each point is a test image. Images whose features (the inputs of the classifier) "
            "are similar lie close together (t-SNE). Only neighbourhoods have a meaning: neither the "
            "axes nor the distances between groups have one. The nearest image is found from all "
            "features, not from this picture.",
            alt=f"Points of test images, coloured by {hue}; one panel for each of {networks}. The "
            "shares are in the title.",
            source=svg(grid.figure),
            table=one_line[[NETWORK, CLASS, BESIDE, X, Y]].round(2),
        )
