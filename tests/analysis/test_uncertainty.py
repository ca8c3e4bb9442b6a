import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import proportion_confint

from convbench.analysis.uncertainty import (
    of_difference,
    of_scores,
    over_pairs,
    over_pairs_and_images,
    over_seeds_and_images,
)


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


def test_pairs_that_agree_by_chance_have_no_interval_either():
    found = over_pairs(np.array([0.3, 0.3]))

    assert (found.mean, found.low, found.high) == (0.3, -math.inf, math.inf)
    assert math.isnan(found.p)


def test_one_seed_speaks_of_its_images_as_scipy_does():
    right = np.random.default_rng(1).random((1, 60)) < 0.8
    theirs = stats.ttest_1samp(right[0].astype(float), 0.0)

    found = over_seeds_and_images(right.astype(float))

    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)))


def test_the_parts_of_the_variance_are_those_of_a_two_way_analysis():
    rng = np.random.default_rng(2)
    seeds, images = 4, 25
    values = (
        rng.normal(size=(seeds, 1)) + rng.normal(size=(1, images)) + rng.normal(size=(seeds, images))
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


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize(("right", "images"), [(30, 30), (0, 30), (59, 60), (150, 200)])
def test_one_share_of_right_answers_is_about_as_agresti_and_coull_have_it(right, images, seeds):
    values = np.tile((np.arange(images) < right).astype(float), (seeds, 1))
    low, high = proportion_confint(right, images, method="agresti_coull")

    (found,) = of_scores([values], counted=True)

    assert found.mean == pytest.approx(right / images)
    assert (found.low, found.high) == pytest.approx((max(low, 0), min(high, 1)), abs=0.02)


def test_what_two_networks_answer_alike_is_not_without_doubt():
    found = of_difference(np.zeros(400))

    assert found.mean == 0
    assert found.high == -found.low == pytest.approx(1.97 / 402, rel=0.01)
    assert found.p == 1


def test_one_set_of_images_is_the_analysis_of_seeds_and_images():
    rng = np.random.default_rng(4)
    for strength in (0.0, 0.3):
        block = rng.normal(0, strength, (6, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(6, 40))
        theirs = over_seeds_and_images(block)

        found = over_pairs_and_images([block])

        assert (found.low, found.high, found.p) == pytest.approx((theirs.low, theirs.high, theirs.p))


def test_pairs_on_images_of_their_own_are_students_t():
    """Where every pair has other images, their variance is part of the variance of the pairs already."""
    rng = np.random.default_rng(5)
    blocks = [rng.normal(0.2, 1, (1, 4)) for _ in range(9)]
    theirs = over_pairs(np.array([block.mean() for block in blocks]))

    found = over_pairs_and_images(
        [np.full((9, 2), theirs.mean) + np.c_[[b.mean() for b in blocks]] - theirs.mean]
    )
    wider = over_pairs_and_images(blocks)

    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert wider.high - wider.low > theirs.high - theirs.low


@pytest.mark.parametrize("blocks", [[np.array([[0.1, 0.3]])], [np.full((3, 5), 0.1)]])
def test_one_pair_or_equal_ones_have_no_interval(blocks):
    found = over_pairs_and_images(blocks)

    assert (found.low, found.high) == (-math.inf, math.inf)
    assert math.isnan(found.p)


@pytest.mark.parametrize("sets", [1, 3])
def test_the_mean_of_pairs_is_held_with_other_pairs_and_other_images(sets):
    """Twelve pairs, their images' own effects shared by all on one set; 600 draws."""
    rng = np.random.default_rng(sets)
    held = 0
    for _ in range(600):
        blocks = [
            rng.normal(0, 0.03, (12 // sets, 1))
            + rng.normal(0, 0.3, (1, 80))
            + rng.normal(0, 0.5, (12 // sets, 80))
            for _ in range(sets)
        ]
        found = over_pairs_and_images(blocks)
        held += found.low <= 0 <= found.high

    assert 0.93 <= held / 600 <= 0.99


@pytest.mark.parametrize(
    ("seeds", "images", "truth"), [(1, 60, 0.98), (1, 120, 0.99), (3, 60, 0.98), (3, 120, 0.99)]
)
def test_near_all_right_the_interval_still_holds_the_truth(seeds, images, truth):
    """Seeds that miss much the same images: each predicts correctly with its own probability."""
    rng = np.random.default_rng(images)
    held = 0
    for _ in range(600):
        probability = rng.beta(truth / 0.05 * 0.5, (1 - truth) / 0.05 * 0.5, (1, images))
        right = (rng.random((seeds, images)) < probability).astype(float)
        (found,) = of_scores([right], counted=True)
        held += found.low <= truth <= found.high

    assert held / 600 >= 0.92


def test_ways_to_train_learn_of_the_seeds_from_each_other():
    """Two seeds that happen to agree give no narrower interval than those of other configurations."""
    rng = np.random.default_rng(6)
    values = [0.7 + rng.normal(0, 0.05, (2, 1)) + rng.normal(0, 0.2, (1, 90)) for _ in range(9)]
    values = [own + rng.normal(0, 0.1, own.shape) for own in values]
    alike = values[0] - values[0].mean(axis=1, keepdims=True) + 0.7

    (alone,) = of_scores([alike], counted=False)
    beside, *_ = of_scores([alike, *values], counted=False)

    assert beside.high - beside.low > 1.2 * (alone.high - alone.low)


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.3])
def test_each_interval_of_a_task_holds_its_truth(spread):
    """Eighteen configurations, two seeds, 100 images of their own difficulty; 60 tasks, 1,080 scores."""
    rng = np.random.default_rng(7)
    rates = np.linspace(0.5, 3, 18)
    far = rng.normal(0.0, math.hypot(spread, 1.5), 200_000)
    truths = [(1 / (1 + np.exp(-rate - far))).mean() for rate in rates]
    held = 0
    for _ in range(60):
        hard = rng.normal(0, 1.5, (1, 100))
        values = [
            (
                rng.random((2, 100)) < 1 / (1 + np.exp(-(rate + hard + rng.normal(0, spread, (2, 1)))))
            ).astype(float)
            for rate in rates
        ]
        found = of_scores(values, counted=True)
        held += sum(each.low <= truth <= each.high for each, truth in zip(found, truths, strict=True))

    assert 0.92 <= held / 1080 <= 0.995


@pytest.mark.parametrize(("seeds", "least"), [(2, 0.91), (3, 0.92), (5, 0.92)])
@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_the_interval_holds_the_truth_as_often_as_it_says(seeds, least, spread):
    """Right or wrong by a logit of the seed's and the image's own; 600 draws: 0.9 points of error."""
    rng = np.random.default_rng(seeds)
    far = rng.normal(0.0, math.hypot(spread, 2.0), 400_000)
    truth = (1 / (1 + np.exp(-1.5 - far))).mean()
    held = 0
    for _ in range(600):
        logit = 1.5 + rng.normal(0, spread, (seeds, 1)) + rng.normal(0, 2.0, (1, 150))
        found = over_seeds_and_images((rng.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(float))
        held += found.low <= truth <= found.high

    assert least <= held / 600 <= 0.99
