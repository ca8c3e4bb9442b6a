import pytest
import torch

from convbench.augment import AUGMENTS, augmentation_of, parts_of
from convbench.errors import UserError
from convbench.seeding import generator


@pytest.fixture
def batch():
    return torch.rand(16, 3, 16, 16, generator=generator("batch")), torch.eye(16)


def _in_turn(batch, *names):
    """Apply each part by itself, all from one generator."""
    draw = generator("draw")
    for name in names:
        batch = AUGMENTS[name].apply(*batch, draw)
    return batch


def test_a_sum_is_its_parts_in_their_order(batch):
    forwards = augmentation_of("crop_flip+cutout+mixup").apply(*batch, generator("draw"))
    backwards = augmentation_of("mixup+cutout+crop_flip").apply(*batch, generator("draw"))

    expected = _in_turn(batch, "crop_flip", "cutout", "mixup")
    assert forwards[0].equal(expected[0])
    assert forwards[1].equal(expected[1])
    assert not forwards[0].equal(backwards[0])


def test_a_sum_makes_every_change_of_its_parts():
    assert augmentation_of("rotation+cutout").changes == {"small_rotation", "occlusion"}
    assert augmentation_of("rotation+mixup").changes == {"small_rotation"}


def test_a_sum_mixes_where_a_part_does():
    assert augmentation_of("mixup+crop_flip").mixes
    assert not augmentation_of("rotation+crop_flip").mixes


def test_a_plain_name_is_the_catalogue_s_own_entry():
    assert augmentation_of("affine") is AUGMENTS["affine"]
    assert parts_of("affine") == [AUGMENTS["affine"]]


def test_the_parts_of_a_sum_name_their_modules():
    modules = [part.apply.__module__ for part in parts_of("crop_flip+mixup")]

    assert modules == ["convbench.augment.crop_flip", "convbench.augment.mixup"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cutuot", r"^no 'cutuot' \(did you mean 'cutout'\?\); there are none, affine, .*rand_augment$"),
        ("crop_flip+zoom", r"^'crop_flip\+zoom': no 'zoom'; there are none, affine"),
        ("crop_flip+", r"^'crop_flip\+': no ''; there are none"),
        ("mixup+flips+mixup", r"^'mixup\+flips\+mixup': 'mixup' is in it more than once"),
        ("none+mixup", r"^'none\+mixup': 'none' adds nothing"),
    ],
)
def test_a_wrong_part_is_named_with_the_choices(name, message):
    for resolve in (augmentation_of, parts_of):
        with pytest.raises(UserError, match=message):
            resolve(name)
