import numpy as np
import pytest

from convbench.data.digits import DIGITS


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    DIGITS.fetch(folder)
    return DIGITS.read(folder, tmp_path_factory.mktemp("scratch")).samples


def test_there_are_1797_images_of_ten_classes(samples):
    counts = np.bincount([sample.label for sample in samples])

    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as UCI states


def test_the_splits_have_fixed_sizes_and_every_class(samples):
    for split, size in {"train": 1000, "val": 197, "test": 600}.items():
        labels = [sample.label for sample in samples if sample.split == split]
        assert len(labels) == size
        share = np.bincount(labels, minlength=10) / size
        assert np.abs(share - 0.1).max() < 0.02
    assert DIGITS.train_images == 1000


def test_images_are_white_on_black_over_the_whole_range(samples):
    pixels = np.stack([np.asarray(sample.load()) for sample in samples])

    assert pixels.shape == (1797, 8, 8)
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert np.median(pixels[:, :, 0]) == 0  # the left border is background
