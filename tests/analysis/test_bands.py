"""Planted nulls stay within the bands at the stated rate; planted truths do not.

Each simulation draws 120 tasks of 14 configurations with three seeds, which differ in how far rounding
moves their scores, and in how far the seed does.
"""

import numpy as np
import pandas as pd
import pytest

from convbench.analysis.bands import bands, typical_variance

TASKS, CONFIGURATIONS, SEEDS, IMAGES = 120, 14, 3, 600


def _runs(scores):
    """Write scores ``[tasks, configurations, seeds]`` as a table of finished runs."""
    task, configuration, seed = (axis.ravel() for axis in np.indices(scores.shape))
    runs = pd.DataFrame({"train_size": task, "architecture": configuration, "seed": seed})
    runs = runs.assign(dataset="d", label="s", augmentation="a", outcome="finished")
    runs["run_id"] = [f"{t}/{c}/{s}" for t, c, s in zip(task, configuration, seed, strict=True)]
    return runs.assign(test_score=scores.ravel())


class World:
    """Scores that move by ``moves`` with rounding, and by ``seed_share`` times that with the seed."""

    def __init__(self, unlike=0.6, seed_share=0.0, heavy=False):
        self.rng = np.random.default_rng(0)
        self.heavy = heavy
        moves = 0.008 * np.exp(self.rng.normal(0, unlike, (TASKS, CONFIGURATIONS, 1)))
        self.moves = np.repeat(moves, SEEDS, axis=2)
        self.seed_share = seed_share
        self.seeds = self.other_seeds()

    def other_seeds(self):
        return 0.9 + self.seed_share * self.moves * self.rng.normal(size=self.moves.shape)

    def scores(self, seeds=None):
        """Draw what one machine gives: of the grid's seeds, or of others."""
        shape = self.moves.shape
        draws = self.rng.standard_t(4, shape) / np.sqrt(2) if self.heavy else self.rng.normal(size=shape)
        exact = (self.seeds if seeds is None else seeds) + self.moves * draws
        return np.round(np.minimum(exact, 1) * IMAGES) / IMAGES


def _bands(world, expected):
    return bands(_runs(expected), _runs(world.scores())).to_numpy().reshape(expected.shape)


def _inside(world, obtained, expected):
    return np.abs(obtained - expected) <= _bands(world, expected)


@pytest.mark.parametrize(("unlike", "seed_share"), [(0, 0), (0.6, 0), (1, 0), (0.6, 1)])
def test_99_of_100_runs_that_differ_by_rounding_alone_are_inside(unlike, seed_share):
    world = World(unlike, seed_share)

    assert _inside(world, world.scores(), world.scores()).mean() >= 0.99


def test_98_of_100_are_where_some_runs_go_astray():
    world = World(heavy=True)

    assert _inside(world, world.scores(), world.scores()).mean() >= 0.98


@pytest.mark.parametrize("seed_share", [0.5, 1, 3])
def test_97_of_100_runs_of_another_seed_are_inside(seed_share):
    world = World(seed_share=seed_share)

    assert _inside(world, world.scores(world.other_seeds()), world.scores()).mean() >= 0.97


def test_a_score_ten_times_as_far_away_as_rounding_moves_it_is_outside():
    world, expected = World(), World().scores()

    inside = _inside(world, world.scores() - 10 * world.moves, expected)

    assert inside.mean() <= 0.03


def test_what_moves_little_has_a_narrow_band_beside_what_moves_much():
    world = World(unlike=0)
    world.moves[:, 0] *= 6

    found = _bands(world, world.scores())

    assert np.median(found[:, 0]) > 4 * np.median(found[:, 1:])
    assert np.median(found[:, 1:]) < 6 * world.moves[0, 1, 0]


def test_scores_that_never_moved_still_allow_for_an_image():
    scores = World().scores()[:1]
    scores[0, 0] = 0.95
    perturbed = scores.copy()
    perturbed[0, 1:] += np.array([[1, -2, 3]]) / IMAGES

    found = bands(_runs(scores), _runs(perturbed))

    assert found["0/0/0"] > 1 / IMAGES


def test_a_task_in_which_nothing_moved_allows_for_nothing():
    scores = np.full((1, 2, 3), 0.9)

    assert bands(_runs(scores), _runs(scores)).tolist() == [0.0] * 6


def test_runs_that_did_not_finish_have_no_band_and_move_none():
    scores = World().scores()[:1]
    expected, perturbed = _runs(scores), _runs(World(seed_share=1).scores()[:1])
    known = bands(expected, perturbed)
    for runs, run in ((expected, "0/3/0"), (perturbed, "0/5/1")):
        runs.loc[runs["run_id"] == run, ["outcome", "test_score"]] = ["diverged", None]

    found = bands(expected, perturbed)

    assert sorted(set(known.index) - set(found.index)) == ["0/3/0", "0/5/1"]
    assert found["0/3/1"] > 0
    assert found["0/7/0"] == pytest.approx(known["0/7/0"], rel=0.3)


def test_the_typical_variance_is_worth_the_more_the_more_alike_they_are():
    rng, freedom = np.random.default_rng(0), np.full(2000, 5)
    alike = rng.chisquare(5, 2000) / 5

    same, sure = typical_variance(4 * alike, freedom)
    _, planted = typical_variance(alike / (rng.chisquare(8, 2000) / 8), freedom)

    assert same == pytest.approx(4, rel=0.05)
    assert sure > 50
    assert planted == pytest.approx(8, rel=0.2)


def test_one_configuration_has_nothing_to_learn_from():
    assert typical_variance(np.array([2.0]), np.array([5])) == (2.0, 0.0)
