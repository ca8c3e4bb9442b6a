import io
import shutil
from base64 import b64decode

import numpy as np
import pytest
import yaml
from markupsafe import escape
from PIL import Image

from convbench.data.prepared import open_prepared
from convbench.report.data_page import render_data
from convbench.stages.audit import audit
from convbench.stages.folders import AUDITS, PREPARED
from convbench.stages.plan import plan
from convbench.stages.report_data import data_page


@pytest.fixture
def page(prepared, values, tmp_path, monkeypatch):
    """Return the page of a grid with these augmentations, whose datasets are small ones."""
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "letters"):
        shutil.copytree(prepared, PREPARED / name)
        audit(PREPARED / name, AUDITS / f"{name}.json")

    def make(*augmentations, pretraining="none", **more):
        grid = yaml.safe_load(yaml.safe_dump(values))
        grid["augmentations"] = list(augmentations)
        grid["pretraining"]["letters"]["augmentation"] = pretraining
        return data_page(plan(grid | {"allow_label_breaking": True} | more, "a.yaml"))

    return make


def _pictures(strip):
    """Cut a strip of 72 pixels and gaps of 4 into its images of 8x8 again: uint8 ``[n, 8, 8, 3]``."""
    sheet = np.asarray(Image.open(io.BytesIO(b64decode(strip.source.partition(",")[2]))))
    return np.stack([sheet[4::9, at + 4 : at + 72 : 9] for at in range(0, sheet.shape[1], 76)])


def test_the_same_training_images_are_drawn_before_and_after_each_augmentation(page):
    digits, _ = page("none", "dihedral", "crop_flip").datasets
    data = open_prepared(PREPARED / "digits")

    before, turned, cropped = digits.augmented

    assert before.caption == "before"
    assert turned.caption.startswith("dihedral: turned by quarter turns and mirrored")
    assert cropped.caption.startswith("crop_flip: shifted by up to an eighth")
    images = _pictures(before)
    assert len(images) == len(np.unique(images, axis=0)) == 8
    training = {image.tobytes() for image in data.pixels[data.rows("train")]}
    assert {image.tobytes() for image in images} <= training
    changed = [
        _one_of_eight(image, after) for image, after in zip(images, _pictures(turned), strict=True)
    ]
    assert len(set(changed)) > 2  # each has its own draw
    assert not np.array_equal(_pictures(cropped), images)


def _one_of_eight(image, after):
    places = [np.rot90(side, turns) for side in (image, image[:, ::-1]) for turns in range(4)]
    (place,) = [number for number, each in enumerate(places) if np.array_equal(each, after)]
    return place


def test_what_mixes_says_how_much_is_left_of_each_image(page):
    before, mixed = page("mixup").datasets[0].augmented

    images, after = _pictures(before).astype(float), _pictures(mixed).astype(float)
    shares = [int(word) / 100 for word in mixed.caption.split(": ")[-1].rstrip("%").split("%, ")]
    assert len(shares) == 8
    assert min(shares) < 0.95
    for number, share in enumerate(shares):
        rest = (after[number] - share * images[number]) / max(1 - share, 1e-9)
        others = [np.abs(rest - other).max() * (1 - share) for other in images]
        assert min(others) < 0.005 * 255 * 2 + 1  # shares are rounded, and so are pixels


def test_what_does_not_mix_says_nothing_of_shares(page):
    assert "what is left" not in page("cutout").datasets[0].augmented[1].caption


def test_where_nothing_is_augmented_nothing_is_shown(page):
    digits, letters = page("none").datasets

    assert digits.augmented == letters.augmented == []
    assert "before and after" not in render_data(page("none"))


def test_a_source_shows_what_networks_are_pretrained_with_and_a_task_what_it_is_trained_with(page):
    digits, letters = page("crop_flip", pretraining="flips+mixup").datasets

    assert [strip.caption.partition(":")[0] for strip in digits.augmented] == ["before", "crop_flip"]
    assert [strip.caption.partition(":")[0] for strip in letters.augmented] == ["before", "flips+mixup"]


def test_the_figure_is_the_same_each_time(page):
    names = ("trivial_augment", "crop_flip+cutmix")

    assert page(*names).datasets[0].augmented == page(*names).datasets[0].augmented


def test_what_networks_see_in_grey_is_drawn_in_grey(page):
    pixels = np.load(PREPARED / "digits" / "images.npy")
    np.save(PREPARED / "digits" / "images.npy", pixels // np.array([1, 2, 3], dtype=np.uint8))

    for channels in (1, 3):
        for strip in page("colour_jitter", channels=channels).datasets[0].augmented:
            assert (np.ptp(_pictures(strip), axis=3) == 0).all() == (channels == 1)


def test_each_strip_is_on_the_page_with_its_caption_and_alternative_text(page):
    data = page("crop_flip", "mixup")

    html = render_data(data)

    assert html.count("Augmentation, before and after") == 1  # no heading where there is no figure
    for strip in data.datasets[0].augmented:
        assert f"<figcaption>{escape(strip.caption)}</figcaption>" in html
        assert f'src="{strip.source}" alt="{strip.alt}"' in html
