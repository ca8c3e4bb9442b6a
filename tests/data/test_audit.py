import numpy as np
import pytest
from PIL import Image
from tests.conftest import how

from convbench.data.audit.audit import audit
from convbench.data.base import Listing, Sample
from convbench.data.prepare.write import prepare
from convbench.data.prepared import open_prepared

RNG = np.random.default_rng(0)


def _noise(side=24):
    return RNG.integers(60, 200, (side, side, 3), dtype=np.uint8)


def _audit(folder, images, labels, splits, classes=("cat", "dog"), **settings):
    samples = [
        Sample(f"{row}.png", label, split, lambda image=image: Image.fromarray(image))
        for row, (image, label, split) in enumerate(zip(images, labels, splits, strict=True))
    ]
    several = isinstance(labels[0], tuple)
    prepare("zoo", Listing(classes, samples), several, how(image_size=24, **settings), "pin", folder)
    return audit(open_prepared(folder), folder)


def _splits(count):
    return [("train", "train", "val", "test")[row % 4] for row in range(count)]


@pytest.fixture
def clean():
    """Images without anything to be found."""
    return [_noise() for _ in range(240)], [row // 4 % 2 for row in range(240)], _splits(240)


def test_clean_data_has_no_badge(clean, tmp_path):
    found = _audit(tmp_path, *clean)

    assert found.badges == []
    assert found.leaks == []
    assert (found.exact, found.near, found.conflicts) == (0, 0, 0)


def test_a_leak_is_counted_shown_and_marked(clean, tmp_path):
    images, labels, splits = clean
    images[3] = np.rot90(images[0]).copy()  # of the test, from the training images
    images[7] = images[4].copy()

    found = _audit(tmp_path, images, labels, splits)

    (leak,) = found.leaks
    assert (leak.split, leak.other, leak.images, leak.share) == ("test", "train", 2, 2 / 60)
    assert (found.exact, found.near) == (2, 4)
    assert {frozenset(image["id"] for image in group) for group in found.groups} == {
        frozenset({0, 3}),
        frozenset({4, 7}),
    }
    assert [badge.name for badge in found.badges] == ["3.3% of test in training"]


def test_one_picture_with_two_labels_is_a_conflict(clean, tmp_path):
    images, labels, splits = clean
    images[4] = images[0].copy()
    assert labels[0] != labels[4]

    found = _audit(tmp_path, images, labels, splits)

    assert found.conflicts == 2
    assert [badge.name for badge in found.badges] == ["label conflicts"]


def test_a_class_ten_times_as_large_is_marked(tmp_path):
    labels = [0 if row // 4 % 11 else 1 for row in range(440)]

    found = _audit(tmp_path, [_noise() for _ in labels], labels, _splits(440))

    assert "unbalanced" in [badge.name for badge in found.badges]
    assert "200 training images of cat and 20 of dog" in found.badges[0].text


def test_a_border_that_gives_the_label_away_is_a_shortcut(clean, tmp_path):
    images, labels, splits = clean
    for image, label in zip(images, labels, strict=True):
        image[0, 0] = 255 * label  # one pixel

    found = _audit(tmp_path, images, labels, splits)

    assert found.probe.value > 0.95
    assert found.probe.low <= found.probe.value <= found.probe.high
    assert [badge.name for badge in found.badges] == ["shortcut"]


def test_what_is_inside_is_no_shortcut(clean, tmp_path):
    images, labels, splits = clean
    for image, label in zip(images, labels, strict=True):
        image[2:-2, 2:11] //= 1 + label  # everything but the border

    found = _audit(tmp_path, images, labels, splits)

    assert found.probe.low < 0.5 < found.probe.high
    assert found.probe.chance_level == 0.5


def test_the_probe_knows_several_labels(tmp_path):
    labels = [tuple(np.flatnonzero(RNG.random(3) < 0.4).tolist()) for _ in range(240)]
    images = [_noise() for _ in labels]
    for image, own in zip(images, labels, strict=True):
        image[0, 0] = [255 * (label in own) for label in range(3)]

    found = _audit(tmp_path, images, labels, _splits(240), ("ant", "bee", "cat"))

    assert found.probe.score == "mean average precision"
    assert found.probe.value > 0.9
    assert 0.3 < found.probe.chance_level < 0.5
    assert "shortcut" in [badge.name for badge in found.badges]


def test_sizes_modes_and_skipped_images_are_told(clean, tmp_path):
    images, labels, splits = clean
    samples = [
        Sample(f"{row}.png", label, split, lambda image=image: Image.fromarray(image))
        for row, (image, label, split) in enumerate(zip(images, labels, splits, strict=True))
    ]

    def broken():
        raise OSError("torn")

    samples[5] = Sample("5.png", 1, "train", broken)
    samples[6] = Sample("6.png", 1, "val", lambda: Image.new("L", (90, 30), 7))
    prepare("zoo", Listing(("cat", "dog"), samples), False, how(skip_bad=True), "pin", tmp_path)

    found = audit(open_prepared(tmp_path), tmp_path)

    assert found.skipped == [{"source": "5.png", "reason": "torn"}]
    assert found.sizes == {"width": [24, 24, 90], "height": [24, 24, 30]}
    assert found.modes == {"RGB": 238, "L": 1}
    assert "1 skipped" in [badge.name for badge in found.badges]
