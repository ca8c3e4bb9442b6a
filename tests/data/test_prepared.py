import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.conftest import how

from convbench.data import DATASETS
from convbench.data.base import Listing, Sample
from convbench.data.prepare.write import prepare
from convbench.data.prepared import open_prepared

OFFLINE = ("digits", "letters")
"""What can be fetched without a network."""


def _make(folder, images, **changes):
    splits = ["train", "train", "val", "test"]
    samples = [
        Sample(f"{row}.png", row % 2, splits[row % 4], lambda image=image: image)
        for row, image in enumerate(images)
    ]
    folder.mkdir(exist_ok=True)
    settings = how(**{"image_size": 4} | changes)
    prepare("zoo", Listing(("cat", "dog"), samples), False, settings, "abc.dir", folder)
    return open_prepared(folder)


def _solid(*colour):
    return Image.new("RGB", (7, 5), colour)


def test_images_are_square_rgb_in_the_samples_order(tmp_path):
    data = _make(tmp_path / "a", [_solid(value, 0, 255) for value in (10, 20, 30, 40)])

    assert data.pixels.shape == (4, 4, 4, 3)
    assert data.pixels.dtype == np.uint8
    assert isinstance(data.pixels, np.memmap)
    assert data.pixels[:, 0, 0].tolist() == [[10, 0, 255], [20, 0, 255], [30, 0, 255], [40, 0, 255]]
    assert data.rows("train").tolist() == [0, 1]
    assert data.labels.tolist() == [0, 1, 0, 1]


def test_channel_statistics_are_of_the_training_images_alone(tmp_path):
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)) for _ in range(4)]

    card = _make(tmp_path / "a", images).card

    train = np.stack([np.asarray(image) for image in images[:2]]) / 255
    assert card.mean == pytest.approx(train.mean(axis=(0, 1, 2)))
    assert card.std == pytest.approx(train.std(axis=(0, 1, 2)))


def test_the_digest_changes_with_a_pixel_and_with_nothing_else(tmp_path):
    images = [_solid(value, 0, 0) for value in (10, 20, 30, 40)]
    first = _make(tmp_path / "a", images).card.digest
    again = _make(tmp_path / "b", images).card.digest
    images[3] = _solid(41, 0, 0)
    other = _make(tmp_path / "c", images).card.digest

    assert first == again != other


def test_the_number_of_workers_changes_no_byte(tmp_path):
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)) for _ in range(300)]

    for workers in (1, 4):
        _make(tmp_path / str(workers), images, workers=workers)

    for name in ("images.npy", "index.parquet", "card.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes()


def test_the_index_has_a_row_an_image(tmp_path):
    data = _make(tmp_path / "a", [_solid(value, 0, 0) for value in (10, 20, 30, 40)])

    index = pd.read_parquet(tmp_path / "a" / "index.parquet")

    assert index["id"].tolist() == [0, 1, 2, 3]
    assert index["class"].tolist() == ["cat", "dog", "cat", "dog"]
    assert index["source"].tolist() == ["0.png", "1.png", "2.png", "3.png"]
    assert index["digest"][2] == hashlib.sha256(data.pixels[2].tobytes()).hexdigest()


@pytest.mark.parametrize("name", OFFLINE)
def test_every_dataset_keeps_the_contract(name, tmp_path):
    dataset = DATASETS[name]
    raw, scratch = tmp_path / "raw", tmp_path / "scratch"
    raw.mkdir()
    scratch.mkdir()
    dataset.fetch(raw)

    listing = dataset.read(raw, scratch)

    samples = listing.samples
    assert listing.classes == dataset.classes
    assert {sample.label for sample in samples} == set(range(len(dataset.classes)))
    assert sum(sample.split == "train" for sample in samples) == dataset.train_images
    assert {sample.split for sample in samples} == {"train", "val", "test"}
    assert len({sample.source for sample in samples}) == len(samples)
    assert samples[0].load().convert("RGB").getbands() == ("R", "G", "B")


@pytest.mark.parametrize(("resize", "edge"), [("stretch", 10), ("crop", 200)])
def test_an_oblong_image_is_stretched_or_its_middle_is_kept(resize, edge, tmp_path):
    wide = Image.new("RGB", (90, 30), (10, 10, 10))
    wide.paste((200, 200, 200), (30, 0, 60, 30))  # the middle third is bright
    samples = [Sample(f"{n}", n % 2, "train", lambda: wide) for n in range(20)]
    listing = Listing(("cat", "dog"), samples)

    prepare("zoo", listing, False, how(image_size=9, resize=resize), "pin", tmp_path)

    row = open_prepared(tmp_path).pixels[0, 4, :, 0]
    assert row[[1, 4]].tolist() == [edge, 200]
