from itertools import pairwise

import numpy as np
import pytest

from convbench.data.splits import nested_draw, stratified_splits

LABELS = np.repeat([0, 1, 2, 3], [400, 300, 200, 100])


def test_splits_are_disjoint_complete_and_stratified():
    splits = np.array(stratified_splits(LABELS, val=100, test=200, seed=0))

    for split, size in {"train": 700, "val": 100, "test": 200}.items():
        chosen = LABELS[splits == split]
        assert len(chosen) == size
        assert np.bincount(chosen).tolist() == [size * share // 10 for share in (4, 3, 2, 1)]


def test_a_small_draw_is_contained_in_every_larger_one():
    draws = [set(nested_draw(LABELS, size, "zoo", 0)) for size in (20, 50, 200, 700, None)]

    assert [len(draw) for draw in draws] == [20, 50, 200, 700, 1000]
    assert all(small < large for small, large in pairwise(draws))


@pytest.mark.parametrize("size", [20, 50, 230])
def test_a_draw_keeps_the_classes_shares(size):
    counts = np.bincount(LABELS[nested_draw(LABELS, size, "zoo", 0)])

    assert np.abs(counts - size * np.array([0.4, 0.3, 0.2, 0.1])).max() <= 1


def test_another_seed_draws_other_images():
    assert set(nested_draw(LABELS, 50, "zoo", 0)) != set(nested_draw(LABELS, 50, "zoo", 1))


@pytest.mark.parametrize("size", [3, 1001])
def test_a_draw_that_cannot_be_is_refused(size):
    with pytest.raises(ValueError, match=f"cannot draw {size} of 1000"):
        nested_draw(LABELS, size, "zoo", 0)
