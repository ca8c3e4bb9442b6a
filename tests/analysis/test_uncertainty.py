import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from convbench.analysis.uncertainty import over_pairs, over_seeds_and_images


def test_pairs_as_scipy_tests_them():
    values = np.random.default_rng(0).normal(0.3, 1.0, 12)
    theirs = stats.ttest_1samp(values, 0.0)

    found = over_pairs(values)

    assert found.mean == pytest.approx(values.mean())
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))


def test_one_pair_has_no_interval_and_no_p():
    found = over_pairs(np.array([0.2]))

    assert (found.mean, found.low, found.high) == (0.2, -math.inf, math.inf)
    assert math.isnan(found.p)


def test_pairs_that_agree_leave_no_doubt():
    found = over_pairs(np.array([0.3, 0.3]))

    assert (found.low, found.high, found.p) == (0.3, 0.3, 0.0)


def test_one_seed_speaks_of_its_images_as_scipy_does():
    right = np.random.default_rng(1).random((1, 60)) < 0.8
    theirs = stats.ttest_1samp(right[0].astype(float), 0.0)

    found = over_seeds_and_images(right.astype(float))

    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))


def test_the_parts_of_the_variance_are_those_of_a_two_way_analysis():
    draw = np.random.default_rng(2)
    seeds, images = 4, 25
    values = (
        draw.normal(size=(seeds, 1)) + draw.normal(size=(1, images)) + draw.normal(size=(seeds, images))
    )
    long = pd.DataFrame(
        {
            "value": values.ravel(),
            "seed": np.repeat(np.arange(seeds), images),
            "image": np.tile(np.arange(images), seeds),
        }
    )
    squares = anova_lm(ols("value ~ C(seed) + C(image)", long).fit())["mean_sq"]
    of_seeds, of_images, rest = (squares[name] for name in ("C(seed)", "C(image)", "Residual"))
    spread = of_seeds + of_images - rest
    reach = stats.t.ppf(0.975, (seeds - 1) * (spread / of_seeds) ** 2) * math.sqrt(spread / values.size)

    found = over_seeds_and_images(values)

    assert found.high - found.mean == pytest.approx(reach)
    assert found.mean - found.low == pytest.approx(reach)


def test_seeds_that_agree_are_told_from_by_their_images():
    right = (np.random.default_rng(3).random((1, 200)) < 0.7).astype(float)

    one = over_seeds_and_images(right)
    three = over_seeds_and_images(np.repeat(right, 3, axis=0))

    assert (three.low, three.high) == pytest.approx((one.low, one.high), abs=1e-3)


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_values_that_are_all_the_same_leave_no_doubt(value, p):
    found = over_seeds_and_images(np.full((2, 10), value))

    assert (found.low, found.mean, found.high, found.p) == (value, value, value, p)


@pytest.mark.parametrize(("seeds", "least"), [(2, 0.91), (3, 0.92), (5, 0.92)])
@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_the_interval_holds_the_truth_as_often_as_it_says(seeds, least, spread):
    """Right or wrong by a logit of the seed's and the image's own; 600 draws: 0.9 points of error."""
    draw = np.random.default_rng(seeds)
    far = draw.normal(0.0, math.hypot(spread, 2.0), 400_000)
    truth = (1 / (1 + np.exp(-1.5 - far))).mean()
    held = 0
    for _ in range(600):
        logit = 1.5 + draw.normal(0, spread, (seeds, 1)) + draw.normal(0, 2.0, (1, 150))
        found = over_seeds_and_images(
            (draw.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(float)
        )
        held += found.low <= truth <= found.high

    assert least <= held / 600 <= 0.99
