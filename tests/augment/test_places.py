"""What moves: angles and crops, against torchvision's kernels; hidden squares, by counting."""

import math

import pytest
import torch

from convbench.augment.cutout import cutout
from convbench.augment.medical import medical
from convbench.augment.random_resized_crop import random_resized_crop
from convbench.augment.rotation import rotation
from convbench.seeding import generator
from convbench.vision import torchvision

from torchvision.transforms.v2 import functional as kernels  # isort: skip (after the door)

SIDE = 24
IMAGE = torch.rand(3, SIDE, SIDE, generator=generator("image"))
_X = torch.arange(48.0)
RAMPS = torch.stack([_X.expand(48, 48), _X[:, None].expand(48, 48), torch.zeros(48, 48)])
"""Across and down, each pixel says where it came from: 0 to 47."""


def _many(augment, image, count):
    return augment(image.repeat(count, 1, 1, 1), torch.arange(count), generator("draw"))[0]


def _angles():
    """Measure each rotation by where the middle of the picture's right half goes, in degrees."""
    spot = torch.zeros(3, 97, 97)
    spot[:, 47:50, 76:79] = 1
    images = _many(rotation, spot, 400)[:, 0]
    place = torch.arange(97.0) - 48
    across, down = (images * place).sum((1, 2)), (images * place[:, None]).sum((1, 2))
    return torch.atan2(down, across).rad2deg()


def test_rotation_draws_every_angle_up_to_fifteen_degrees_as_often():
    angles = _angles()

    assert 14 < angles.abs().max() < 15.1
    assert angles.mean().abs() < 1.5
    assert abs(angles.std() - 15 / math.sqrt(3)) < 0.5


def test_rotation_turns_as_torchvision_does(monkeypatch):
    angles = torch.tensor([-15.0, -7.3, 0.0, 4.0, 15.0])
    monkeypatch.setattr(torch, "rand", lambda *_, **__: angles / 30 + 0.5)

    images = _many(rotation, IMAGE, 5)

    for image, angle in zip(images, angles.tolist(), strict=True):
        expected = kernels.rotate(IMAGE, angle, kernels.InterpolationMode.BILINEAR)
        torch.testing.assert_close(image, expected, atol=2e-5, rtol=0)


def _parts():
    """Return where the parts of 2,000 draws begin and how large they are: ``[2, n]``, in pixels.

    Far from its ends, an enlarged ramp rises by the part's size over the side.
    """
    images = _many(random_resized_crop, RAMPS / 47, 2000)[:, :2] * 47
    middle = torch.stack([images[:, 0, 24, 20:29], images[:, 1, 20:29, 24]])
    size = (middle[:, :, 8] - middle[:, :, 0]) / 8 * 48
    start = middle[:, :, 4] - (24.5 / 48 * size - 0.5)
    return start.round(), size.round()


def test_random_resized_crop_has_the_recipe_s_areas_ratios_and_places():
    start, size = _parts()

    area = size.prod(dim=0) / 48**2
    ratio = (size[0] / size[1]).log()
    inside = area < 0.5  # where every ratio fits, so that none is drawn again
    assert (start >= 0).all()
    assert (start + size <= 48).all()
    assert 0.065 < area.min() < 0.1  # 8%, sides rounded
    assert area.max() > 0.95
    assert abs(area[inside].mean() - (0.08 + 0.5) / 2) < 0.015
    assert ratio.abs().max() < math.log(4 / 3) + 0.08
    assert ratio[inside].mean().abs() < 0.02
    assert abs(ratio[inside].std() - 2 * math.log(4 / 3) / math.sqrt(12)) < 0.01
    room = (48 - size)[:, inside]
    assert ((start[:, inside] / room).mean(dim=1) - 0.5).abs().max() < 0.03


def test_random_resized_crop_shows_that_part_as_torchvision_enlarges_it():
    image = torch.rand(3, 48, 48, generator=generator("large"))
    start, size = _parts()

    images = _many(random_resized_crop, image, 2000)[:200]

    for found, (left, top), (wide, high) in zip(
        images, start.T.int().tolist(), size.T.int().tolist(), strict=False
    ):
        expected = kernels.resized_crop(image, top, left, high, wide, [48, 48], antialias=True)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_random_resized_crop_draws_as_torchvision_does():
    """The same areas and ratios, as far as 2,000 draws of each tell."""
    _, ours = _parts()
    theirs = []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transform = torchvision.transforms.RandomResizedCrop(48)
        for _ in range(2000):
            _, _, high, wide = transform.get_params(RAMPS, transform.scale, transform.ratio)
            theirs.append((wide, high))

    theirs = torch.tensor(theirs).T.float()
    for ours_of, theirs_of in ((ours.prod(dim=0), theirs.prod(dim=0)), (ours[0], theirs[0])):
        shares = torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9])
        apart = (ours_of.quantile(shares) - theirs_of.quantile(shares)).abs() / theirs_of.max()
        assert apart.max() < 0.05


def test_a_part_that_never_fits_is_the_whole_picture(monkeypatch):
    """All of the area at a ratio of 4:3 is wider than the picture."""
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.full(shape, 1 - 1e-7))

    torch.testing.assert_close(_many(random_resized_crop, IMAGE, 1)[0], IMAGE, atol=1e-5, rtol=0)


def _ramp(side):
    """An image of which no pixel has the mean colour."""
    values = torch.linspace(0, 1, 3 * side * side).view(3, side, side)
    return values + (values == values.mean(dim=(1, 2), keepdim=True)) * 0.001


@pytest.mark.parametrize("side", [32, 9])
def test_cutout_hides_one_square_of_half_the_side(side):
    image, half = _ramp(side), side // 2

    hidden = (_many(cutout, image, 500) != image).any(dim=1)

    rows, columns = hidden.any(dim=2).sum(dim=1), hidden.any(dim=1).sum(dim=1)
    assert (hidden.sum(dim=(1, 2)) == rows * columns).all()  # a rectangle, and all of it
    assert rows.max() == columns.max() == half
    assert rows.min() == columns.min() == half // 2  # of a square at the border, half lies outside


def test_cutout_hides_with_the_image_s_own_mean_colour():
    images = torch.rand(50, 3, 32, 32, generator=generator("images"))

    changed, _ = cutout(images, torch.arange(50), generator("draw"))

    means = images.mean(dim=(2, 3), keepdim=True).expand_as(images)
    hidden = (changed != images).any(dim=1, keepdim=True).expand_as(images)
    assert hidden.any(dim=3).any(dim=2).all()
    torch.testing.assert_close(changed[hidden], means[hidden])


def test_cutout_hides_as_much_as_a_middle_anywhere_makes_it():
    """A square of s in a side of n hides s (1 - s / 4n) rows on average, since some lie outside."""
    image = _ramp(32)

    hidden = (_many(cutout, image, 4000) != image).any(dim=1).float()

    assert abs(hidden.mean() - (16 * (1 - 16 / (4 * 32)) / 32) ** 2) < 0.004
    assert (hidden.mean(dim=0)[8:24, 8:24] - 0.25).abs().max() < 0.04  # evenly, in the middle


def test_medical_stays_within_its_bounds():
    """A spot near the right border says how far it was rotated and shifted, its value how it was lit."""
    spot = torch.full((3, 97, 97), 0.25)
    spot[:, 47:50, 76:79] = 0.75

    images = _many(medical, spot, 500)[:, 0]

    weights = (images - images[:, 20:77, 20:70].amin(dim=(1, 2), keepdim=True) - 0.05).clamp(min=0)
    weights[:, :, :50] = 0
    weights = weights / weights.sum(dim=(1, 2), keepdim=True)
    place = torch.arange(97.0) - 48
    across, down = (weights * place).sum((1, 2)), (weights * place[:, None]).sum((1, 2))
    lowest = 29 * math.sin(math.radians(10)) + 0.05 * 97
    assert 0.7 * lowest < down.abs().max() < lowest + 0.6
    assert 29 + 0.7 * 4.85 < across.max() < 29 + 4.85 + 0.6
    dark = images[:, 40:57, 40:57].mean(dim=(1, 2))
    bright = images.amax(dim=(1, 2))
    assert 0.25 * 0.8 - 0.03 < dark.min() < dark.max() < 0.25 * 1.2 + 0.03
    contrasts = (bright - dark) / 0.5
    assert 0.8**2 - 0.05 < contrasts.min() < 0.8
    assert 1.2 < contrasts.max() < 1.2**2 + 0.01
