from itertools import pairwise

import numpy as np
import pytest

from convbench.data.prepare.splits import nested_draw

LABELS = np.repeat([0, 1, 2, 3], [400, 300, 200, 100])


SEVERAL = np.array(
    [
        *[[1, 0, 0]] * 500,  # of the commonest label alone
        *[[1, 1, 0]] * 200,  # the second is the rarer of the two
        *[[0, 1, 0]] * 100,
        *[[1, 1, 1]] * 100,  # the third is the rarest of the three
        *[[0, 0, 0]] * 100,  # none
    ],
    dtype=np.uint8,
)
RAREST = np.repeat([0, 1, 2, 3], [500, 300, 100, 100])
"""The rarest label that each of these images carries; 3 for none."""


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


def test_a_small_draw_of_images_of_several_labels_is_contained_in_every_larger_one():
    draws = [set(nested_draw(SEVERAL, size, "zoo", 0)) for size in (20, 50, 200, 700, None)]

    assert [len(draw) for draw in draws] == [20, 50, 200, 700, 1000]
    assert all(small < large for small, large in pairwise(draws))


@pytest.mark.parametrize("size", [10, 50, 230])
def test_images_of_several_labels_are_drawn_by_the_rarest_that_each_carries(size):
    counts = np.bincount(RAREST[nested_draw(SEVERAL, size, "zoo", 0)], minlength=4)

    assert np.abs(counts - size * np.array([0.5, 0.3, 0.1, 0.1])).max() <= 1


def test_a_draw_of_images_of_several_labels_may_leave_out_a_label():
    """A label of three images in a thousand would else forbid every small draw."""
    labels = np.zeros((1000, 2), dtype=np.uint8)
    labels[:, 0] = 1
    labels[:3, 1] = 1

    assert len(nested_draw(labels, 20, "zoo", 0)) == 20


def test_a_draw_of_more_images_of_several_labels_than_there_are_is_refused():
    with pytest.raises(ValueError, match="cannot draw 1001 of 1000"):
        nested_draw(SEVERAL, 1001, "zoo", 0)
