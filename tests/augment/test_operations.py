"""TrivialAugment and RandAugment, against torchvision's transforms of the same names."""

import math

import pytest
import torch

from convbench.augment.ops.operations import OPERATIONS, Most, operate
from convbench.augment.rand_augment import rand_augment
from convbench.augment.trivial_augment import trivial_augment
from convbench.seeding import generator
from convbench.vision import torchvision  # noqa: F401 (the door: it has to come first)

from torchvision.transforms import v2  # isort: skip (after the door)

SIDE = 40
THEIRS = {
    "identity": "Identity",
    "autocontrast": "AutoContrast",
    "equalize": "Equalize",
    "rotate": "Rotate",
    "solarize": "Solarize",
    "colour": "Color",
    "posterize": "Posterize",
    "contrast": "Contrast",
    "brightness": "Brightness",
    "sharpness": "Sharpness",
    "shear_x": "ShearX",
    "shear_y": "ShearY",
    "shift_x": "TranslateX",
    "shift_y": "TranslateY",
}
WIDE = Most(shear=0.99, shift=32, rotation=135, factor=0.99, bits=6)
RAND = Most(shear=0.3, shift=150 / 331 * SIDE, rotation=30, factor=0.9, bits=4)
CASES = [(v2.TrivialAugmentWide, WIDE, 31), (v2.RandAugment, RAND, 11)]


def _image():
    """Decoded, as training has it: of 256 values, some unused, none a threshold of solarizing."""
    values = torch.randint(30, 200, (3, SIDE, SIDE), generator=generator("image"))
    return (values + (values % 17 == 0)).float() / 255


def _theirs(transform, operation, strength, strengths, sign):
    """Do what torchvision's transform does once it has drawn an operation, a strength and a sign."""
    space = transform._AUGMENTATION_SPACE[THEIRS[operation]]
    magnitudes = space[0](strengths, SIDE, SIDE)
    magnitude = 0.0
    if magnitudes is not None:  # rounded: half of 32 pixels is 15.999999 there, which it would cut to 15
        magnitude = round(float(magnitudes[strength]), 5) * (sign if space[1] else 1)
    return transform()._apply_image_or_video_transform(
        _image(),
        THEIRS[operation],
        magnitude,
        interpolation=v2.InterpolationMode.BILINEAR,
        fill={torch.Tensor: None},
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("transform", "most", "strengths"), CASES, ids=["trivial", "rand"])
def test_each_operation_at_each_strength_is_torchvision_s(transform, most, strengths, operation, sign):
    chosen = torch.tensor([list(OPERATIONS).index(operation)])

    for strength in range(strengths):
        level = torch.tensor([sign * strength / (strengths - 1)]).double()
        ours = operate(_image()[None], chosen, level, most)[0]
        theirs = _theirs(transform, operation, strength, strengths, sign)
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)


def test_there_are_the_fourteen_operations_of_both_papers():
    assert set(v2.RandAugment._AUGMENTATION_SPACE) == set(THEIRS.values())
    assert set(v2.TrivialAugmentWide._AUGMENTATION_SPACE) == set(THEIRS.values())
    assert list(THEIRS) == list(OPERATIONS)


@pytest.fixture
def drawn(monkeypatch):
    """Record what is drawn, a row an image: operation, and level; do nothing."""
    calls = []

    def record(images, chosen, levels, most):
        calls.append((chosen, levels, most))
        return images

    for name in ("trivial_augment", "rand_augment"):
        monkeypatch.setattr(f"convbench.augment.{name}.operate", record)
    return calls


def _shares(values):
    counts = values.unique(return_counts=True)[1]
    return len(counts), counts / len(values)


def test_trivial_augment_draws_each_operation_strength_and_direction_as_often(drawn):
    trivial_augment(torch.rand(20_000, 1, 1, 1), torch.zeros(20_000), generator("draw"))

    ((chosen, levels, _),) = drawn
    for values, kinds in ((chosen, 14), ((levels.abs() * 30).round(), 31), (levels[levels != 0] > 0, 2)):
        found, shares = _shares(values)
        assert found == kinds
        assert (shares * kinds - 1).abs().max() < 0.15


def test_rand_augment_draws_two_operations_each_as_often_at_nine_tenths(drawn):
    rand_augment(torch.rand(20_000, 1, 1, 1), torch.zeros(20_000), generator("draw"))

    assert len(drawn) == 2
    for chosen, levels, _ in drawn:
        assert (levels.abs() - 0.9).abs().max() < 1e-6
        for values, kinds in ((chosen, 14), (levels > 0, 2)):
            found, shares = _shares(values)
            assert found == kinds
            assert (shares * kinds - 1).abs().max() < 0.15
    first, second = (chosen for chosen, _, _ in drawn)
    assert abs((first == second).float().mean() - 1 / 14) < 0.01  # with replacement


@pytest.mark.parametrize(("side", "shift"), [(8, 8), (64, 32)])
def test_the_ranges_are_the_papers(drawn, side, shift):
    images = torch.rand(2, 3, side, side)
    for augment in (trivial_augment, rand_augment):
        augment(images, torch.zeros(2), generator("draw"))

    wide, narrow = drawn[0][2], drawn[1][2]
    assert wide == Most(shear=0.99, shift=shift, rotation=135, factor=0.99, bits=6)
    assert math.isclose(narrow.shift, 150 / 331 * side)
    assert (narrow.shear, narrow.rotation, narrow.factor, narrow.bits) == (0.3, 30, 0.9, 4)
