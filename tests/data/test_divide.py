from collections import Counter

import numpy as np
import pytest

from convbench.data.base import Splitting
from convbench.data.prepare.splits import divide, thin
from convbench.errors import UserError

NAMES = ("ant", "bee", "cat", "dog")
LABELS = np.repeat([0, 1, 2, 3], [400, 300, 200, 7])
ALONE = np.arange(len(LABELS))
NONE = [None] * len(LABELS)


def _counts(labels, splits):
    return {
        split: np.bincount(labels[[each == split for each in splits]], minlength=4).tolist()
        for split in ("train", "val", "test", None)
    }


def test_shares_are_kept_in_every_class_and_none_is_left_without():
    counts = _counts(LABELS, divide(LABELS, NAMES, ALONE, NONE, Splitting()))

    assert counts == {
        "train": [280, 210, 140, 5],
        "val": [60, 45, 30, 1],
        "test": [60, 45, 30, 1],
        None: [0, 0, 0, 0],
    }


def test_a_class_of_three_images_has_one_in_each_split():
    labels = np.repeat([0, 1], [40, 3])

    counts = _counts(labels, divide(labels, NAMES, np.arange(43), [None] * 43, Splitting()))

    assert [counts[split][1] for split in ("train", "val", "test")] == [1, 1, 1]


def test_the_same_files_are_divided_the_same_way_again():
    first, again = (divide(LABELS, NAMES, ALONE, NONE, Splitting()) for _ in range(2))

    assert first == again


def test_numbers_of_images_a_class_are_kept_and_the_rest_is_left_out():
    labels = LABELS[:900]

    splits = divide(labels, NAMES, ALONE[:900], NONE[:900], Splitting(train=30, val=5, test=20))

    assert _counts(labels, splits)["train"] == [30, 30, 30, 0]
    assert _counts(labels, splits)["val"] == [5, 5, 5, 0]
    assert _counts(labels, splits)["test"] == [20, 20, 20, 0]


def test_with_a_number_for_training_alone_the_test_is_all_the_rest():
    """The custom of Caltech-101, whose smallest class has 31 images: none is left to validate on."""
    labels = np.repeat([0, 1, 2], [800, 50, 31])

    splits = divide(labels, NAMES, np.arange(881), [None] * 881, Splitting(train=30))

    counts = _counts(labels, splits)
    assert counts["train"][:3] == [30, 30, 30]
    assert counts["val"][:3] == [4, 4, 0]
    assert counts["test"][:3] == [766, 16, 1]


def test_official_splits_are_not_touched():
    official = ["train"] * 500 + ["val"] * 200 + ["test"] * 207

    assert divide(LABELS, NAMES, ALONE, official, Splitting()) == official


@pytest.mark.parametrize("absent", ["val", "test"])
def test_what_is_absent_comes_out_of_the_training_images(absent):
    other = {"val": "test", "test": "val"}[absent]
    official = [other if row % 3 == 0 else "train" for row in range(len(LABELS))]

    splits = divide(LABELS, NAMES, ALONE, official, Splitting())

    assert [each == other for each in splits] == [each == other for each in official]
    share = splits.count(absent) / official.count("train")
    assert share == pytest.approx(0.15, abs=0.01)


def test_no_training_images_is_an_error():
    with pytest.raises(UserError, match="there are test images and no training images"):
        divide(LABELS, NAMES, ALONE, ["test"] * len(LABELS), Splitting())


def test_classes_with_too_few_images_are_named_with_their_counts():
    labels = np.repeat([0, 1, 2], [40, 2, 1])

    with pytest.raises(UserError, match=r"divide into train, val, test: bee \(2\), cat \(1\)"):
        divide(labels, NAMES, np.arange(43), [None] * 43, Splitting())
    with pytest.raises(UserError, match=r"divide into 30 train, val, 20 test: ant \(40\)"):
        divide(labels[:40], NAMES, np.arange(40), [None] * 40, Splitting(train=30, test=20))


def test_groups_stay_together():
    rng = np.random.default_rng(0)
    groups = np.sort(rng.integers(0, 250, 900))

    splits = np.array(divide(LABELS[:900], NAMES, groups, NONE[:900], Splitting()))

    assert all(len(set(splits[groups == group])) == 1 for group in np.unique(groups))
    for split, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        assert (splits == split).mean() == pytest.approx(share, abs=0.02)


@pytest.fixture
def several():
    rng = np.random.default_rng(0)
    return (rng.random((2000, 5)) < [0.9, 0.4, 0.1, 0.02, 0.008]).astype(np.uint8)


def test_images_of_several_labels_are_divided_by_all_of_them(several):
    splits = np.array(divide(several, "abcde", np.arange(2000), [None] * 2000, Splitting()))

    for split, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        own = several[splits == split].sum(axis=0)
        assert np.abs(own - share * several.sum(axis=0)).max() <= 4
        assert own.min() > 0


def test_groups_of_several_labels_stay_together(several):
    groups = np.arange(2000) // 2 * 2

    splits = np.array(divide(several, "abcde", groups, [None] * 2000, Splitting()))

    assert (splits[::2] == splits[1::2]).all()


def test_thinning_takes_as_many_of_each_class_and_split_as_are_asked_for():
    official = ["train"] * 600 + ["test"] * 300
    labels = np.tile([0, 1, 2], 300)

    rows = thin(labels, NAMES[:3], official, Splitting(train=20, test=10))

    found = Counter((official[row], int(labels[row])) for row in rows)
    assert found == {
        **{("train", label): 23 for label in range(3)},  # 3 of them to validate on
        **{("test", label): 10 for label in range(3)},
    }


def test_thinning_keeps_everything_where_no_number_is_given():
    assert thin(LABELS, NAMES, NONE, Splitting()).tolist() == ALONE.tolist()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (Splitting(train=201), r"too few train images for 201 a class: bee \(150\), cat \(7\)"),
        (Splitting(train=5, test=51), r"too few test images for 51 a class: bee \(50\), cat \(0\)"),
    ],
)
def test_numbers_that_a_given_split_does_not_have_are_refused(how, message):
    labels = np.repeat([0, 1, 2, 0, 1], [300, 150, 7, 60, 50])
    official = ["train"] * 457 + ["test"] * 110

    with pytest.raises(UserError, match=message):
        thin(labels, NAMES[:3], official, how)
    assert len(thin(labels, NAMES[:3], official, Splitting(train=5))) == 3 * 6 + 110
