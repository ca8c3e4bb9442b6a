import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.conftest import how

from convbench.data.base import Listing, Sample
from convbench.data.prepare.duplicates import groups_of
from convbench.data.prepare.images import decode
from convbench.data.prepare.write import prepare
from convbench.data.prepared import open_prepared
from convbench.errors import UserError

RNG = np.random.default_rng(0)


def _photograph(side=120):
    """Smooth patches, edges and texture: what a photograph has, and no other image."""
    rough = Image.fromarray(RNG.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    fine = RNG.integers(0, 40, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(np.asarray(rough.resize((side, side))) // 2 + fine)


def _jpeg(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue()))


CHANGES = {
    "recompressed": lambda image: _jpeg(image, 40),
    "rotated by 90 degrees, recompressed": lambda image: _jpeg(image.rotate(90), 60),
    "rotated by 7 degrees, recompressed": lambda image: _jpeg(
        image.rotate(7, Image.Resampling.BILINEAR), 70
    ),
    "flipped": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "upside down, half the size": lambda image: image.rotate(180).resize((60, 60)),
    "brighter": lambda image: image.point(lambda value: min(255, int(value * 1.1 + 10))),
}


def _groups(images, labels=None, turning_keeps=True):
    thumbs = np.stack([decode(image, 32, "stretch").thumb for image in images])
    names = [str(number) for number in range(len(images))]
    labels = np.zeros(len(images), int) if labels is None else np.array(labels)
    return groups_of(names, thumbs, np.ones(len(images), bool), labels, turning_keeps).tolist()


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_among_others(change):
    images = [_photograph() for _ in range(60)]

    groups = _groups([*images, CHANGES[change](images[7])])

    assert groups == [*range(60), 7]


def test_different_pictures_are_told_apart():
    assert _groups([_photograph() for _ in range(300)]) == list(range(300))


def test_pictures_that_are_much_alike_and_not_the_same_are_told_apart():
    """As two X-rays are, or two frames of one scene."""
    image = _photograph()
    other = Image.blend(image, _photograph(), 0.25)

    assert np.corrcoef(*(np.asarray(each.convert("L")).ravel() for each in (image, other)))[0, 1] > 0.9
    assert _groups([image, other]) == [0, 1]


def test_where_a_turn_changes_the_meaning_a_turned_copy_with_another_label_is_none():
    """A Z that lies down is an N; a rotated copy under the same label is still a copy."""
    image = _photograph()
    images = [image, image.rotate(90), image.rotate(180), _jpeg(image, 50)]

    assert _groups(images, [0, 1, 0, 2], turning_keeps=False) == [0, 1, 0, 0]
    assert _groups(images, [0, 1, 0, 2], turning_keeps=True) == [0, 0, 0, 0]
    several = [[1, 0], [1, 1], [1, 0], [0, 0]]
    assert _groups(images, several, turning_keeps=False) == [0, 1, 0, 0]


def test_images_of_one_digest_are_one_group_whatever_their_size():
    thumbs = np.zeros((4, 32, 32), np.uint8)

    assert groups_of(list("abab"), thumbs, np.zeros(4, bool), np.zeros(4), True).tolist() == [0, 1, 0, 1]


def test_copies_of_copies_are_one_group():
    image = _photograph()
    copy = _jpeg(image, 50)

    assert _groups([image, _photograph(), copy, copy.rotate(90)]) == [0, 1, 0, 0]


def test_flat_images_are_not_taken_for_one_another():
    flat = [Image.new("RGB", (40, 40), (value, value, value)) for value in (10, 100, 200)]

    assert _groups(flat) == [0, 1, 2]


def _listing(images, splits):
    samples = [
        Sample(f"{row}.png", row % 2, split, lambda image=image: image)
        for row, (image, split) in enumerate(zip(images, splits, strict=True))
    ]
    return Listing(("cat", "dog"), samples)


def test_images_of_a_few_pixels_are_not_compared_by_sight(tmp_path):
    small = [_photograph().resize((15, 40)) for _ in range(40)]
    listing = _listing([*small, _jpeg(small[3], 90)], [None] * 41)

    prepare("zoo", listing, False, how(image_size=32), "pin", tmp_path)

    assert pd.read_parquet(tmp_path / "index.parquet")["group"].nunique() == 41


@pytest.fixture
def planted():
    """Forty pictures, one of them three times more: a copy, and two rotated and recompressed ones."""
    images = [_photograph() for _ in range(40)]
    return [*images, images[4].copy(), _jpeg(images[4].rotate(90), 60), _jpeg(images[4].rotate(180), 50)]


def test_duplicates_never_straddle_splits_that_are_made_here(planted, tmp_path):
    prepare("zoo", _listing(planted, [None] * 43), False, how(image_size=32), "pin", tmp_path)

    index = pd.read_parquet(tmp_path / "index.parquet")
    assert index["group"].nunique() == 40
    assert index.groupby("group")["split"].nunique().max() == 1


def test_validation_that_is_made_here_keeps_them_together_too(planted, tmp_path):
    splits = ["test" if row in (10, 11) else "train" for row in range(43)]

    prepare("zoo", _listing(planted, splits), False, how(image_size=32), "pin", tmp_path)

    index = pd.read_parquet(tmp_path / "index.parquet")
    assert index.groupby("group")["split"].nunique().max() == 1
    assert open_prepared(tmp_path).card.made_here == ["val"]


def test_a_leak_across_given_splits_is_kept_and_can_be_refused(planted, tmp_path):
    splits = [*(["train"] * 30), *(["val"] * 5), *(["test"] * 6), "val", "test"]
    listing = _listing(planted, splits)

    prepare("zoo", listing, False, how(image_size=32), "pin", tmp_path)
    (tmp_path / "b").mkdir()
    with pytest.raises(
        UserError, match=r"zoo: 1 pictures are in more than one split:\n  4\.png \(train\) and"
    ):
        prepare("zoo", listing, False, how(image_size=32, refuse_leaks=True), "pin", tmp_path / "b")

    assert not Path(tmp_path / "b" / "card.json").exists()
