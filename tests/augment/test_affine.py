import math

import numpy as np
import torch
from PIL import Image

from convbench.augment.affine import affine
from convbench.seeding import generator


def _bar():
    """An upright bar, a third of the side wide, with a foot to the right: it has no symmetry."""
    image = torch.zeros(3, 48, 48)
    image[:, 8:40, 20:26] = 1
    image[:, 34:40, 26:38] = 1
    return image


def test_nothing_is_ever_flipped():
    """White above and to the left of the middle stays there, in each of 300 draws."""
    ys, xs = torch.meshgrid(torch.arange(48.0) - 23.5, torch.arange(48.0) - 23.5, indexing="ij")
    for place in (ys, xs):
        half = (place < 0).float().repeat(300, 3, 1, 1)
        images, _ = affine(half, torch.zeros(300), generator("draw"))
        assert ((images[:, 0] * place).sum((1, 2)) < 0).all()


def test_turns_scales_and_shifts_stay_within_their_bounds():
    images, _ = affine(_bar().repeat(300, 1, 1, 1), torch.zeros(300), generator("draw"))
    ys, xs = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    mass = images[:, 0].sum((1, 2))
    across = (images[:, 0] * xs).sum((1, 2)) / mass
    down = (images[:, 0] * ys).sum((1, 2)) / mass

    assert (mass / _bar()[0].sum() - 1).abs().max() < 0.35  # two sides, 12% each, and the border
    assert across.std() > 1
    assert down.std() > 1
    for centre, found in ((xs, across), (ys, down)):
        start = (_bar()[0] * centre).sum() / _bar()[0].sum()
        assert (found - start).abs().max() < 48 * 0.10 * 1.13 + 48 / 2 * 0.3


def test_a_known_draw_agrees_with_pillow(monkeypatch):
    """A rotation of 12 degrees alone, against Pillow's bilinear rotation of the same picture."""
    draw = torch.tensor([[1.0], [0.0], [0.0], [0.0], [0.0]]) / 2 + 0.5
    monkeypatch.setattr(torch, "rand", lambda *_, **__: draw)
    picture = Image.fromarray((_bar()[0].numpy() * 255).astype(np.uint8))

    rotated, _ = affine(_bar()[None], torch.zeros(1), generator("draw"))

    expected = np.asarray(picture.rotate(12, Image.Resampling.BILINEAR)) / 255
    assert np.abs(rotated[0, 0].numpy() - expected).mean() < 0.01
    assert math.isclose(rotated.sum().item() / 3, expected.sum(), rel_tol=0.02)
