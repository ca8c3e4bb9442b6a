import re
from pathlib import Path

import pytest
import torch

from convbench.augment import AUGMENTS, augmentation_of
from convbench.config.changes import CHANGES
from convbench.seeding import generator

SUMS = ["crop_flip+mixup", "random_resized_crop+horizontal_flip", "colour_jitter+cutout+cutmix"]
NAMES = [*AUGMENTS, *SUMS]
RANDOM = [name for name in NAMES if name != "none"]
MIXING = [name for name in NAMES if augmentation_of(name).mixes]


def _batch(channels):
    return torch.rand(32, channels, 16, 16, generator=generator("batch")), torch.eye(32)


@pytest.fixture(params=[3, 1], ids=["colour", "one channel"])
def batch(request):
    return _batch(request.param)


def _apply(name, batch, *draw):
    return augmentation_of(name).apply(*batch, generator("draw", *draw))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_stays_a_batch_of_images(name, batch):
    images, targets = _apply(name, batch)

    assert images.shape == batch[0].shape
    assert images.dtype == torch.float32
    assert targets.shape == (32, 32)
    assert 0 <= images.min() <= images.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_decides_alone(name, batch):
    first = _apply(name, batch)
    before = torch.get_rng_state()
    torch.rand(7)  # moves the global generator
    moved = torch.get_rng_state()
    second = _apply(name, batch)

    assert second[0].equal(first[0])
    assert second[1].equal(first[1])
    assert torch.get_rng_state().equal(moved)
    assert not moved.equal(before)


@pytest.mark.parametrize("name", NAMES)
def test_the_batch_that_came_in_is_left_alone(name, batch):
    images, targets = batch[0].clone(), batch[1].clone()

    _apply(name, batch)

    assert batch[0].equal(images)
    assert batch[1].equal(targets)


@pytest.mark.parametrize("name", NAMES)
def test_the_draws_follow_the_images_to_their_device(name, batch):
    """The device ``meta`` holds no numbers: it only refuses what mixes devices."""
    images, targets = (each.to("meta") for each in batch)

    images, targets = _apply(name, (images, targets))

    assert images.device.type == targets.device.type == "meta"
    assert images.shape == batch[0].shape


@pytest.mark.parametrize("name", [n for n in RANDOM if n not in MIXING])
def test_each_image_has_its_own_draw(name):
    images, targets = _batch(3)
    copies = images[:1].repeat(32, 1, 1, 1)

    images, _ = _apply(name, (copies, targets))

    assert len(images.flatten(1).unique(dim=0)) > 1


@pytest.mark.parametrize("name", MIXING)
def test_each_image_has_its_own_share_and_partner(name):
    _, targets = _apply(name, _batch(3))

    own = targets.diagonal()
    others = (targets - own.diag()).argmax(dim=1)[own < 1]
    assert len(own.unique()) > 10
    assert len(others.unique()) == len(others) > 10


@pytest.mark.parametrize("name", RANDOM)
def test_another_draw_gives_other_images(name):
    assert not _apply(name, _batch(3), 1)[0].equal(_apply(name, _batch(3), 2)[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_mixes_blends_targets_and_nothing_else_touches_them(name):
    images, targets = _batch(3)
    labels = torch.arange(32)

    if name in MIXING:
        _, mixed = _apply(name, (images, targets))
        torch.testing.assert_close(mixed.sum(dim=1), torch.ones(32))
        assert ((mixed > 0).sum(dim=1) <= 2).all()
        assert not mixed.equal(targets)
    else:
        assert _apply(name, (images, labels))[1].equal(labels)


@pytest.mark.parametrize("name", MIXING)
def test_targets_are_mixed_linearly_whatever_they_are(name):
    """Each label of a multi-label image is mixed as the images are; two labels are not one."""
    images, ones = _batch(3)
    several = torch.rand(32, 5, generator=generator("labels")).round()

    shares = _apply(name, (images, ones))[1]

    torch.testing.assert_close(_apply(name, (images, several))[1], shares @ several)


@pytest.mark.parametrize("name", MIXING)
def test_what_mixes_refuses_class_numbers(name):
    with pytest.raises(AssertionError, match="class numbers"):
        _apply(name, (_batch(3)[0], torch.arange(32)))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_is_a_batch(name):
    image, target = (each[:1] for each in _batch(3))

    images, targets = _apply(name, (image, target))

    assert images.shape == image.shape
    torch.testing.assert_close(targets, target)


@pytest.mark.parametrize("name", NAMES)
def test_changes_are_declared_in_known_words(name):
    assert augmentation_of(name).changes <= set(CHANGES)


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_images_declares_it_and_what_declares_nothing_changes_none(name):
    declared = augmentation_of(name).changes or augmentation_of(name).mixes

    assert _apply(name, _batch(3))[0].equal(_batch(3)[0]) == (not declared)


@pytest.mark.parametrize("name", [n for n in NAMES if "colour" not in augmentation_of(n).changes])
def test_colours_stay_where_no_change_of_them_is_declared(name):
    """Of one colour everywhere, an image keeps its channels' ratios, whatever black comes in."""
    plain = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(32, 3, 16, 16).clone()

    images, _ = _apply(name, (plain, torch.eye(32)))

    torch.testing.assert_close(images[:, 1:], images[:, :1] * torch.tensor([2.0, 4.0]).view(1, 2, 1, 1))


MIRRORING = {"horizontal_flip", "vertical_flip", "any_rotation"}
WHOLE = [n for n in NAMES if not augmentation_of(n).changes & (MIRRORING | {"occlusion"})]


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_is_mirrored_where_no_flip_is_declared(name):
    """White in one corner stays nearest to that corner, in each of 300 draws."""
    corner = torch.zeros(300, 3, 16, 16)
    corner[:, :, :5, :5] = 1
    place = torch.arange(16.0) - 7.5

    images, _ = _apply(name, (corner, torch.eye(300)))

    assert ((images[:, 0] * place).sum((1, 2)) < 0).all()
    assert ((images[:, 0] * place[:, None]).sum((1, 2)) < 0).all()


@pytest.mark.parametrize("name", [n for n in NAMES if not augmentation_of(n).changes & {"occlusion"}])
def test_most_of_the_image_stays_where_hiding_a_part_is_not_declared(name):
    """The middle of a white image, from which a shift of an eighth is far, stays white or grey."""
    white = torch.ones(300, 3, 32, 32)

    images, _ = _apply(name, (white, torch.eye(300)))

    assert images[:, :, 8:-8, 8:-8].min() > 0.4


@pytest.mark.parametrize("name", AUGMENTS)
def test_each_says_what_it_does_and_the_guide_says_what_it_changes(name):
    page = Path(__file__).parents[2] / "docs" / "reference" / "config.md"
    guide = page.read_text(encoding="utf-8")
    (row,) = [line for line in guide.splitlines() if line.startswith(f"| `{name}` |")]

    assert AUGMENTS[name].description
    assert set(re.findall(r"`(\w+)`", row.split("|")[3])) == AUGMENTS[name].changes
