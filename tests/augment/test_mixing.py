"""Blends: an image and its target are mixed alike."""

import torch

from convbench.augment.cutmix import cutmix
from convbench.augment.mixup import mixup
from convbench.seeding import generator

COUNT, SIDE = 64, 16


def _mixed(augment, count=COUNT, draw="draw"):
    images = torch.rand(count, 3, SIDE, SIDE, generator=generator("images"))
    return images, *augment(images, torch.eye(count), generator(draw))


def test_mixup_is_the_same_convex_combination_of_images_and_targets():
    """``x = s x_i + (1 - s) x_j`` and ``y = s y_i + (1 - s) y_j``: the targets say s and j."""
    images, mixed, targets = _mixed(mixup)

    torch.testing.assert_close(mixed, torch.einsum("bn,nchw->bchw", targets, images))


def test_mixup_s_shares_are_beta_of_0_2():
    """Its mean is 1/2, its variance 1 / (4 (2 alpha + 1)); drawn in 40 batches."""
    own = [_mixed(mixup, draw=f"{n}")[2] for n in range(40)]
    shares = torch.cat([targets.diagonal()[targets.diagonal() < 1] for targets in own])

    assert abs(shares.mean() - 0.5) < 0.03
    assert abs(shares.var() - 1 / (4 * 1.4)) < 0.01
    assert abs((shares < 0.1).float().mean() - 0.3402) < 0.03  # scipy.stats.beta(0.2, 0.2).cdf(0.1)


def test_cutmix_s_target_is_the_share_of_pixels():
    images, mixed, targets = _mixed(cutmix)

    for number in range(COUNT):
        partner = int((targets[number] - torch.eye(COUNT)[number]).argmax())
        own = (mixed[number] == images[number]).all(dim=0)
        others = (mixed[number] == images[partner]).all(dim=0)
        assert (own | others).all()
        assert abs(targets[number, number] - own.float().mean()) < 1e-6
        if partner != number:
            assert abs(targets[number, partner] - others.float().mean()) < 1e-6


def test_cutmix_pastes_one_box_whose_middle_is_anywhere():
    images, mixed, _ = _mixed(cutmix, count=400)

    pasted = (mixed != images).any(dim=1)
    rows, columns = pasted.any(dim=2).sum(dim=1), pasted.any(dim=1).sum(dim=1)
    assert (pasted.sum(dim=(1, 2)) == rows * columns).all()
    corners = pasted[:, 0, 0] | pasted[:, 0, -1] | pasted[:, -1, 0] | pasted[:, -1, -1]
    assert 0.4 < corners.float().mean() < 0.7  # large boxes reach one, small ones do not


def test_cutmix_s_boxes_cover_a_share_that_is_drawn_evenly():
    """What a box would cover uncut has an even area: of its side, the square is even from 0 to 1."""
    images, mixed, _ = _mixed(cutmix, count=2000)
    pasted = (mixed != images).any(dim=1)
    rows, columns = pasted.any(dim=2), pasted.any(dim=1)
    inside = [~(each[:, 0] | each[:, -1]) for each in (rows, columns)]
    uncut = pasted.any(dim=(1, 2)) & inside[0] & inside[1]

    sides = rows.sum(dim=1)[uncut]

    # P(side = s) is (2 s + 1) / 256, and (16 - s - 1)^2 / 256 of its places lie within
    weights = torch.tensor([(2 * s + 1) * max(0, 15 - s) ** 2 for s in range(1, 16)]).float()
    expected = (weights * torch.arange(1.0, 16.0)).sum() / weights.sum()
    assert uncut.sum() > 150
    assert abs(sides.float().mean() - expected) < 0.5
