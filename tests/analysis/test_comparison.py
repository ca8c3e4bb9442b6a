import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, balanced_accuracy_score

from convbench.analysis.comparison import compare, holm
from convbench.analysis.uncertainty import estimated, mean_squares
from convbench.scores import SCORES
from convbench.scores.average_precision import mean_average_precision


def correctness(seed, right):
    return (np.random.default_rng(seed).random(300) < right).astype(float)


def test_one_seed_is_mcnemars_test():
    this, best = correctness(0, 0.7), correctness(1, 0.8)
    only_this, only_best = int((this > best).sum()), int((best > this).sum())

    (found,) = compare([{0: this}], {0: best}, SCORES["accuracy"])

    assert found.test == "mcnemar"
    assert (found.only_this_correct, found.only_best_correct) == (only_this, only_best)
    assert found.estimate.p == pytest.approx(stats.binomtest(only_this, only_this + only_best).pvalue)
    assert found.estimate.mean == pytest.approx(this.mean() - best.mean())


def test_the_interval_of_one_seed_is_that_of_a_paired_bootstrap():
    this, best = correctness(2, 0.7), correctness(3, 0.75)
    theirs = stats.bootstrap((this - best,), np.mean, n_resamples=9999, method="percentile", rng=0)

    (found,) = compare([{0: this}], {0: best}, SCORES["accuracy"])

    assert found.estimate.low == pytest.approx(theirs.confidence_interval.low, abs=0.006)
    assert found.estimate.high == pytest.approx(theirs.confidence_interval.high, abs=0.006)


def test_seeds_are_paired_and_those_of_one_side_alone_left_out():
    best = {0: correctness(4, 0.8), 1: correctness(5, 0.8), 2: correctness(6, 0.8)}
    this = {2: best[2], 1: best[1], 7: correctness(7, 0.1)}

    (found,) = compare([this], best, SCORES["accuracy"])

    assert (found.seeds, found.estimate.mean, found.estimate.p) == (2, 0.0, 1.0)
    assert found.test == "seeds and images"


def test_no_seed_in_common_is_no_comparison():
    assert compare([{0: correctness(0, 0.5)}], {1: correctness(0, 0.5)}, SCORES["accuracy"]) == [None]


def test_equal_predictions_differ_by_zero_and_their_interval_is_that_of_the_images():
    alike = {0: correctness(0, 0.9), 1: correctness(1, 0.9)}

    (found,) = compare([alike], alike, SCORES["accuracy"])

    assert (found.estimate.mean, found.estimate.p, found.not_different) == (0.0, 1.0, True)
    assert 0.005 < found.estimate.high < 0.01


def test_mcnemars_test_is_not_used_for_a_score_that_weights_images():
    """15 images of the large class against 15 of the small one: as many, and 22 points apart."""
    labels = np.repeat([0, 1], [300, 30])
    sides = [np.tile([0.9, 0.1], (330, 1)) for _ in range(2)]
    for side in sides:
        side[300:] = [0.1, 0.9]
    sides[0][300:315] = [0.9, 0.1]  # this one misses 15 of the small class
    sides[1][:15] = [0.1, 0.9]
    this, best = (SCORES["balanced_accuracy"].per_image(labels, side) for side in sides)

    (found,) = compare([{0: this}], {0: best}, SCORES["balanced_accuracy"])

    assert (found.only_this_correct, found.only_best_correct, found.test) == (15, 15, "images")
    assert found.estimate.mean == pytest.approx(-0.225)
    assert not found.not_different


def test_average_precision_counts_no_correct_images():
    (found,) = compare(
        [{0: np.array([0.5, 0.1, 0.9])}],
        {0: np.array([0.4, 0.2, 1.0])},
        SCORES["mean_average_precision"],
    )

    assert (found.only_this_correct, found.only_best_correct, found.test) == (None, None, "images")


def test_holms_correction():
    """By hand: sorted 0.01, 0.02, 0.04 times 3, 2, 1; never below the one before."""
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])


def test_a_missing_p_counts_for_nothing():
    found = holm([0.02, math.nan, 0.03])

    assert found[0] == pytest.approx(0.04)
    assert math.isnan(found[1])
    assert holm([math.nan]) != [0.0]


def test_of_many_equal_configurations_one_is_seldom_significantly_worse():
    """Six equally good configurations, three seeds: with Holm's correction, wrong in 5% at most."""
    rng = np.random.default_rng(8)
    wrong = 0
    for _ in range(200):
        images = rng.normal(1.0, 1.5, (1, 200))
        configurations = []
        for _ in range(6):
            logit = images + rng.normal(0, 0.1, (3, 1))
            configurations.append(
                dict(enumerate((rng.random((3, 200)) < 1 / (1 + np.exp(-logit))).astype(float)))
            )
        wrong += any(
            not found.not_different
            for found in compare(configurations[1:], configurations[0], SCORES["accuracy"])
        )

    assert wrong <= 17  # 10 are expected at 5%; more than 17 happens once in 60 such tests


def test_comparisons_of_one_task_learn_of_the_seeds_from_each_other():
    """By hand: the mean of their mean squares, with half of the degrees of freedom of all."""
    rng = np.random.default_rng(10)
    configurations = []
    for rate in (1.0, 1.0, 1.0, -0.2):
        logit = rate + rng.normal(0, 1, (1, 400)) + rng.normal(0, 0.2, (3, 1))
        configurations.append((rng.random((3, 400)) < 1 / (1 + np.exp(-logit))).astype(float))
    squares = [mean_squares(own - configurations[0]) for own in configurations[1:]]
    shared = sum(each.of_seeds for each in squares) / 3

    found = compare(
        [dict(enumerate(own)) for own in configurations[1:]],
        dict(enumerate(configurations[0])),
        SCORES["accuracy"],
    )

    assert [each.estimate for each in found] == [estimated(each, shared, 3 * 2 / 2) for each in squares]


def test_the_correction_counts_the_comparisons_that_can_be_made():
    this, best = correctness(0, 0.7), correctness(1, 0.8)

    alone, nothing, again = compare([{0: this}, {5: this}, {0: this}], {0: best}, SCORES["accuracy"])

    assert nothing is None
    assert alone.p_holm == again.p_holm == pytest.approx(2 * alone.estimate.p)


def test_a_difference_of_twelve_points_is_found():
    rng = np.random.default_rng(9)
    found = 0
    for _ in range(50):
        images = rng.random((1, 500))
        this, best = (
            (rng.random((3, 500)) < 0.2 * images + right).astype(float) for right in (0.6, 0.72)
        )
        found += not compare([dict(enumerate(this))], dict(enumerate(best)), SCORES["accuracy"])[
            0
        ].not_different

    assert found >= 45


def probabilities(seed, n, classes):
    return np.random.default_rng(seed).dirichlet(np.ones(classes), n)


def test_per_image_scores_average_to_the_accuracy():
    labels, predicted = np.random.default_rng(0).integers(0, 4, 50), probabilities(0, 50, 4)

    found = SCORES["accuracy"].per_image(labels, predicted)

    assert found.mean() == pytest.approx((predicted.argmax(axis=1) == labels).mean())
    assert set(found) <= {0.0, 1.0}


def test_per_image_scores_average_to_the_balanced_accuracy():
    labels, predicted = (
        np.random.default_rng(0).choice(4, 90, p=[0.7, 0.1, 0.1, 0.1]),
        probabilities(1, 90, 4),
    )

    found = SCORES["balanced_accuracy"].per_image(labels, predicted)

    assert found.mean() == pytest.approx(balanced_accuracy_score(labels, predicted.argmax(axis=1)))


@pytest.mark.parametrize("decimals", [1, 6], ids=["with ties", "without"])
def test_pseudovalues_are_what_leaving_each_image_out_gives(decimals):
    rng = np.random.default_rng(decimals)
    labels = (rng.random((40, 1)) < 0.3).astype(int)
    predicted = np.round(0.5 * rng.random((40, 1)) + 0.3 * labels, decimals)
    score = average_precision_score(labels[:, 0], predicted[:, 0])
    rows = [np.arange(40) != left_out for left_out in range(40)]
    without = np.array([average_precision_score(labels[kept, 0], predicted[kept, 0]) for kept in rows])
    theirs = 40 * score - 39 * without

    found = SCORES["mean_average_precision"].per_image(labels, predicted)

    assert found == pytest.approx(theirs + score - theirs.mean())


def test_pseudovalues_average_to_the_score_over_the_labels_that_are_carried():
    rng = np.random.default_rng(3)
    labels = (rng.random((60, 5)) < [0.5, 0.2, 0.1, 0.02, 0.0]).astype(int)
    labels[7, 3] = 1
    predicted = rng.random((60, 5))

    found = SCORES["mean_average_precision"].per_image(labels, predicted)

    assert found.mean() == pytest.approx(mean_average_precision(labels, predicted))
