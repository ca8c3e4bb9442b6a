"""What each image becomes, pixel by pixel."""

import torch

from convbench.augment.crop_flip import crop_flip
from convbench.augment.dihedral import dihedral
from convbench.augment.flips import flips
from convbench.seeding import generator

IMAGE = torch.rand(3, 16, 16, generator=generator("image"))
NAMES = torch.zeros(400, dtype=torch.long)


def _results(augment):
    images, _ = augment(IMAGE.repeat(400, 1, 1, 1), NAMES, generator("draw"))
    return images


def _shares(images, candidates):
    """Return how often each candidate came out; fails where an image is none of them."""
    counts = torch.zeros(len(candidates))
    for image in images:
        (match,) = [n for n, candidate in enumerate(candidates) if candidate.equal(image)]
        counts[match] += 1
    return counts / len(images)


def test_dihedral_gives_each_of_the_eight_positions_as_often():
    positions = [IMAGE.rot90(times, (1, 2)) for times in range(4)]
    positions += [position.flip(2) for position in positions]

    shares = _shares(_results(dihedral), positions)

    assert (shares - 1 / 8).abs().max() < 0.06


def test_flips_gives_each_of_the_four_mirrorings_as_often():
    shares = _shares(_results(flips), [IMAGE, IMAGE.flip(1), IMAGE.flip(2), IMAGE.flip(1, 2)])

    assert (shares - 1 / 4).abs().max() < 0.08


def test_crop_flip_is_a_crop_of_the_padded_image_flipped_half_of_the_time():
    padded = torch.nn.functional.pad(IMAGE, (2, 2, 2, 2))
    crops = [padded[:, y : y + 16, x : x + 16] for y in range(5) for x in range(5)]

    shares = _shares(_results(crop_flip), [*crops, *(crop.flip(2) for crop in crops)])

    assert (shares[25:].sum() - 0.5).abs() < 0.08
    assert (shares > 0).all()  # every shift, both ways
