"""What the report says of how the networks learned: rates, gradients, depth."""

from pathlib import Path

import pandas as pd

from convbench.analysis.depth import claim, degradations, depths, in_words
from convbench.files import read_json
from convbench.report.figures import Figure
from convbench.report.learning_figures import errors_by_depth, gradients_by_layer, range_tests
from convbench.stages.folders import RATES
from convbench.stages.plan import Plan

_PANELS = 12  # range tests that are drawn


def depth_findings(runs: pd.DataFrame, epochs: pd.DataFrame) -> list[str]:
    """Say what depth did to plain and to residual networks, where the grid holds both."""
    return [in_words(each) for each in degradations(depths(runs, epochs))]


def depth_figures(tables: Path, runs: pd.DataFrame, epochs: pd.DataFrame) -> list[Figure]:
    """Draw what depth does with and without skips, and the gradients, where they were recorded."""
    figures: list[Figure] = []
    for _, found in depths(runs, epochs).groupby("series"):
        if found["depth"].nunique() > 1:
            said = [claim(each) for each in degradations(found)] or ["Depth with and without skips"]
            title = "; ".join([said[0], *(other[0].lower() + other[1:] for other in said[1:])])
            figures.append(errors_by_depth(found, title))
    gradients = pd.read_parquet(tables / "gradients.parquet")
    if len(gradients):
        figures.append(
            gradients_by_layer(gradients.merge(runs[["run_id", "architecture"]], on="run_id"))
        )
    return figures


def rate_figures(plan: Plan) -> list[Figure]:
    """Draw the range tests that chose a learning rate; nothing where none did."""
    tests = [read_json(RATES / f"{key}.json") for key in plan.range_tests]
    drawn = [test for test in tests if not test["reason"]][:_PANELS]
    return [range_tests(drawn)] if drawn else []
