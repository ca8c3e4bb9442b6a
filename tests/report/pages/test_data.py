import io
import shutil
from base64 import b64decode

import numpy as np
import pytest
import yaml
from markupsafe import escape
from PIL import Image

from convbench.data.prepared import open_prepared
from convbench.jobs.audit import audit
from convbench.planning.plan import plan
from convbench.report.pages.data import dataset_part, render
from convbench.report.results import Results
from convbench.results.rows import table
from convbench.results.schema import TABLES


@pytest.fixture
def results(prepared, values, tmp_path, monkeypatch):
    """Return the results of a grid with these augmentations, whose datasets are small ones."""
    monkeypatch.chdir(tmp_path)

    def make(*augmentations, pretraining="none", **more):
        grid = yaml.safe_load(yaml.safe_dump(values))
        grid["augmentations"] = list(augmentations)
        grid["pretraining"]["letters"]["augmentation"] = pretraining
        found = plan(grid | {"allow_label_breaking": True} | more, "a.yaml")
        for name in ("digits", "letters"):
            if not found.prepared(name).exists():
                shutil.copytree(prepared, found.prepared(name))
                audit(found.prepared(name), found.audit_file(name))
        return Results.joined(found, **{name: table([], kind) for name, kind in TABLES.items()})

    return make


@pytest.fixture
def parts(results):
    """Return what the page shows of digits and of letters."""

    def make(*augmentations, **more):
        found = results(*augmentations, **more)
        return [dataset_part(found, name) for name in ("digits", "letters")]

    return make


def _pictures(strip):
    """Cut a strip of 72 pixels and gaps of 4 into its images of 8x8 again: uint8 ``[n, 8, 8, 3]``."""
    sheet = np.asarray(Image.open(io.BytesIO(b64decode(strip.source.partition(",")[2]))))
    return np.stack([sheet[4::9, at + 4 : at + 72 : 9] for at in range(0, sheet.shape[1], 76)])


def test_the_same_training_images_are_drawn_before_and_after_each_augmentation(parts, prepared):
    digits, _ = parts("none", "dihedral", "crop_flip")
    data = open_prepared(prepared)

    before, rotated, cropped = digits.augmented

    assert before.caption == "before"
    assert rotated.caption.startswith("dihedral: rotated by multiples of 90 degrees and flipped")
    assert cropped.caption.startswith("crop_flip: shifted by up to an eighth")
    images = _pictures(before)
    assert len(images) == len(np.unique(images, axis=0)) == 8
    training = {image.tobytes() for image in data.pixels[data.rows("train")]}
    assert {image.tobytes() for image in images} <= training
    changed = [
        _one_of_eight(image, after) for image, after in zip(images, _pictures(rotated), strict=True)
    ]
    assert len(set(changed)) > 2  # each has its own draw
    assert not np.array_equal(_pictures(cropped), images)


def _one_of_eight(image, after):
    places = [np.rot90(side, times) for side in (image, image[:, ::-1]) for times in range(4)]
    (place,) = [number for number, each in enumerate(places) if np.array_equal(each, after)]
    return place


def test_what_mixes_says_how_much_is_left_of_each_image(parts):
    before, mixed = parts("mixup")[0].augmented

    images, after = _pictures(before).astype(float), _pictures(mixed).astype(float)
    shares = [int(word) / 100 for word in mixed.caption.split(": ")[-1].rstrip("%").split("%, ")]
    assert len(shares) == 8
    assert min(shares) < 0.95
    for number, share in enumerate(shares):
        rest = (after[number] - share * images[number]) / max(1 - share, 1e-9)
        others = [np.abs(rest - other).max() * (1 - share) for other in images]
        assert min(others) < 0.005 * 255 * 2 + 1  # shares are rounded, and so are pixels


def test_what_does_not_mix_says_nothing_of_shares(parts):
    assert "Weights of each" not in parts("cutout")[0].augmented[1].caption


def test_where_nothing_is_augmented_nothing_is_shown(parts, results):
    digits, letters = parts("none")

    assert digits.augmented == letters.augmented == []
    assert "before and after" not in render(results("none"))


def test_a_source_shows_what_networks_are_pretrained_with_and_a_task_what_it_is_trained_with(parts):
    digits, letters = parts("crop_flip", pretraining="flips+mixup")

    assert [strip.caption.partition(":")[0] for strip in digits.augmented] == ["before", "crop_flip"]
    assert [strip.caption.partition(":")[0] for strip in letters.augmented] == ["before", "flips+mixup"]


def test_the_figure_is_the_same_each_time(parts):
    names = ("trivial_augment", "crop_flip+cutmix")

    assert parts(*names)[0].augmented == parts(*names)[0].augmented


def test_what_networks_see_in_grey_is_drawn_in_grey(parts, prepared):
    pixels = np.load(prepared / "images.npy")
    np.save(prepared / "images.npy", pixels // np.array([1, 2, 3], dtype=np.uint8))

    for channels in (1, 3):
        for strip in parts("colour_jitter", channels=channels)[0].augmented:
            assert (np.ptp(_pictures(strip), axis=3) == 0).all() == (channels == 1)


def test_each_strip_is_on_the_page_with_its_caption_and_alternative_text(parts, results):
    html = render(results("crop_flip", "mixup"))

    assert (
        html.count("Training images before and after augmentation") == 1
    )  # no heading where there is no figure
    for strip in parts("crop_flip", "mixup")[0].augmented:
        assert f"<figcaption>{escape(strip.caption)}</figcaption>" in html
        assert f'src="{strip.source}" alt="{strip.alt}"' in html
