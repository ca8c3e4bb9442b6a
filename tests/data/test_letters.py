from collections import Counter

import numpy as np
import pytest
from PIL import ImageFont

from convbench.data import letters
from convbench.data.letters import LETTERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("letters")
    LETTERS.fetch(path)
    return path


def test_there_are_92_letters_and_no_digit():
    assert len(LETTERS.classes) == len(set(LETTERS.classes)) == 92
    assert all(letter.isalpha() and not letter.isdigit() for letter in LETTERS.classes)


def test_every_letter_has_80_training_images_and_10_for_each_other_split(folder, tmp_path):
    listing = LETTERS.read(folder, tmp_path)
    counts = Counter((sample.label, sample.split) for sample in listing.samples)

    assert set(counts.values()) == {80, 10}
    assert sum(n for (_, split), n in counts.items() if split == "train") == LETTERS.train_images


def test_the_same_bytes_come_out_twice(folder, tmp_path):
    LETTERS.fetch(tmp_path)

    for name in ("images.npy", "labels.npy"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_no_image_is_empty_or_a_copy_of_another(folder):
    images = np.load(folder / "images.npy")

    assert images.max(axis=(1, 2)).min() > 60
    assert len({image.tobytes() for image in images}) == len(images)


@pytest.mark.parametrize("face", letters._FACES)
def test_every_face_has_every_letter(face):
    font = ImageFont.truetype(letters.face_path(face), 40)
    absent = bytes(font.getmask("\U0010fffd"))  # drawn as the face's mark for what it lacks

    assert [letter for letter in LETTERS.classes if bytes(font.getmask(letter)) == absent] == []
