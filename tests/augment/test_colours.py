"""Changes of colour, against torchvision's kernels."""

import pytest
import torch

from convbench.augment.colour_jitter import colour_jitter
from convbench.augment.medical import medical
from convbench.augment.ops import colour
from convbench.seeding import generator
from convbench.vision import torchvision  # noqa: F401 (the door: it has to come first)

from torchvision.transforms.v2 import functional as kernels  # isort: skip (after the door)


@pytest.fixture(autouse=True)
def weights_of_torchvision(monkeypatch):
    """Weigh red as torchvision does, whose 0.2989 is BT.601's 0.299 rounded down."""
    monkeypatch.setattr("convbench.augment.ops.colour.LUMINANCE", (0.2989, 0.587, 0.114))


KERNELS = {
    "brightness": kernels.adjust_brightness,
    "contrast": kernels.adjust_contrast,
    "saturation": kernels.adjust_saturation,
    "hue": kernels.adjust_hue,
}
FACTORS = torch.tensor([0.0, 0.3, 0.6, 1.0, 1.4, 2.5])
TURNS = torch.tensor([-0.5, -0.1, 0.0, 0.03, 0.1, 0.5])


def _images(channels=3):
    """Noise, and in it what is hard: grey, black, white, pure and paired colours."""
    images = torch.rand(6, channels, 16, 16, generator=generator("images"))
    hard = torch.tensor(
        [
            [0.5, 0.5, 0.5],
            [0.0, 0.0, 0.0],
            [1.0, 1.0, 1.0],
            [1.0, 0.0, 0.0],
            [0.0, 0.7, 0.7],
            [0.9, 0.2, 0.9],
            [0.6, 0.6, 0.1],
        ]
    )
    images[:, :, 0, : len(hard)] = hard.T[:channels]
    return images


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("name", KERNELS)
def test_each_change_is_torchvision_s(name, channels):
    images, amounts = _images(channels), TURNS if name == "hue" else FACTORS

    changed = getattr(colour, name)(images, amounts)

    for one, image, amount in zip(changed, images, amounts.tolist(), strict=True):
        torch.testing.assert_close(one, KERNELS[name](image, amount), atol=1e-5, rtol=0)


def test_jitter_does_all_four_each_image_in_its_own_order():
    """Redraw what it draws, and do it image by image with torchvision's kernels."""
    images = _images().repeat(20, 1, 1, 1)
    draw = generator("draw")
    amounts = torch.rand(4, 120, generator=draw) * 2 - 1
    order = torch.rand(4, 120, generator=draw).argsort(dim=0)

    changed, _ = colour_jitter(images, torch.arange(120), generator("draw"))

    for number, image in enumerate(images):
        for change in order[:, number].tolist():
            name, amount = list(KERNELS)[change], amounts[change, number].item()
            image = KERNELS[name](image, amount * 0.1 if name == "hue" else 1 + amount * 0.4)
        torch.testing.assert_close(changed[number], image, atol=2e-5, rtol=0)


def test_jitter_s_orders_are_all_there():
    """Dark grey, made brighter and of less contrast: which came first shows in no other way."""
    orders = torch.rand(4, 4000, generator=generator("draw")).argsort(dim=0).T

    shares = orders.unique(dim=0, return_counts=True)[1] / 4000

    assert len(shares) == 24
    assert (shares - 1 / 24).abs().max() < 0.015


def test_jitter_multiplies_brightness_by_0_6_to_1_4():
    """Of grey without contrast, everything but the brightness is what it was."""
    grey = torch.full((500, 3, 8, 8), 0.5)

    brighter = colour_jitter(grey, torch.arange(500), generator("draw"))[0][:, 0, 0, 0] / 0.5

    assert 0.6 <= brighter.min() < 0.62
    assert 1.38 < brighter.max() <= 1.4
    assert abs(brighter.std() - 0.8 / 12**0.5) < 0.02


@pytest.mark.parametrize("augment", [colour_jitter, medical])
def test_an_image_of_one_channel_is_the_grey_one_without_its_copies(augment):
    grey = torch.rand(64, 1, 12, 12, generator=generator("grey"))
    names = torch.arange(64)

    one, _ = augment(grey, names, generator("draw"))
    three, _ = augment(grey.expand(-1, 3, -1, -1), names, generator("draw"))

    torch.testing.assert_close(one.expand(-1, 3, -1, -1), three, atol=2e-4, rtol=0)
