import numpy as np
import pandas as pd
from scipy.stats import binomtest

from convbench.report.error_figures import reliability


def test_shares_of_few_answers_have_wide_intervals():
    bins = pd.DataFrame(
        {"confidence": [0.55, 0.7, 0.99], "right": [1.0, 0.25, 0.98], "answers": [3, 4, 500]}
    )

    figure = reliability("digits", bins, "resnet20", "As sure as right")

    low, high = figure.table["low"], figure.table["high"]
    for row, place in zip(bins.itertuples(), range(3), strict=True):
        test = binomtest(round(row.right * row.answers), row.answers)
        expected = test.proportion_ci(0.95, method="wilson")
        np.testing.assert_allclose((low[place], high[place]), expected, atol=1e-9)
    assert figure.dataset == "digits"
    assert "55% sure, 100% right" in figure.alt
