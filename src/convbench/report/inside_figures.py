"""The figure of how networks sort images."""

import pandas as pd
import seaborn as sns

from convbench.report.figures import Figure, styled, svg

_TELLABLE = 8  # classes that colours and shapes can tell apart
_BESIDE = {True: "of its class", False: "of another class"}


def embedding(dataset: str, places: pd.DataFrame, title: str) -> Figure:
    """Draw where networks put test images: x, y, network, class, and whether beside one of their own."""
    few = places["class"].nunique() <= _TELLABLE
    places = places.assign(**{"nearest image": places["beside"].map(_BESIDE)})
    hue = "class" if few else "nearest image"
    colours = "colorblind" if few else {_BESIDE[True]: "#0173b2", _BESIDE[False]: "#de8f05"}
    panels = places["network"].nunique()
    with styled():
        grid = sns.relplot(
            places,
            x="x",
            y="y",
            hue=hue,
            style=hue,
            col="network",
            col_wrap=2 if panels == 4 else min(3, panels),
            s=16,
            linewidth=0,
            alpha=0.8,
            rasterized=True,
            palette=colours,
            height=3.2,
            aspect=1.0,
            facet_kws={"sharex": False, "sharey": False},
        )
        grid.set(xticks=[], yticks=[])
        grid.set_axis_labels("", "")
        grid.set_titles("{col_name}")
        return Figure(
            dataset=dataset,
            title=title,
            caption="One point a test image, laid out so that images for which the classifier is given "
            "alike numbers lie together (t-SNE). Only who is near whom means something, not the axes, "
            "nor how far apart groups are. The nearest image is so by all numbers, not in this picture.",
            alt=f"Points of test images, by {hue}; one panel for each of "
            f"{', '.join(places['network'].unique())}. The shares are in the title.",
            source=svg(grid.figure),
            table=places.assign(network=places["network"].str.replace("\n", " "))[
                ["network", "class", "beside", "x", "y"]
            ].round(2),
        )
