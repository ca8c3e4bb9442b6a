import io
from base64 import b64decode

import numpy as np
from PIL import Image

from convbench.report.figures.pictures import heat, kernels, overlaid, sheet, strip

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)


def opened(source: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(source.partition(",")[2])))


def test_pictures_are_laid_out_in_rows():
    found = opened(sheet(IMAGES, columns=3, side=20))

    assert found.size == (3 * 24 - 4, 2 * 24 - 4)
    np.testing.assert_array_equal(np.asarray(found)[1, 49], IMAGES[2][0, 0])
    np.testing.assert_array_equal(np.asarray(found)[25, 1], IMAGES[3][0, 0])


def test_a_strip_is_one_row():
    assert opened(strip(IMAGES)).size == (5 * 76 - 4, 72)


def test_each_kernel_is_shown_over_its_own_range():
    filters = np.random.default_rng(0).normal(size=(4, 3, 3, 3)) * [[[[1]]], [[[10]]], [[[1]]], [[[0]]]]

    found = kernels(filters)

    assert found.shape == (4, 3, 3, 3)
    assert [(each.min(), each.max()) for each in found[:3]] == [(0, 255)] * 3
    assert found[3].max() == 0


def test_a_kernel_of_many_channels_is_their_mean_in_grey():
    found = kernels(np.arange(2 * 4 * 9, dtype=float).reshape(2, 4, 3, 3))

    assert found.shape == (2, 3, 3, 3)
    assert (found == found[..., :1]).all()


def test_what_is_high_is_brighter():
    found = heat(np.array([[[0.0, 1.0], [2.0, 3.0]]]))[0].sum(axis=-1)

    assert found[0, 0] < found[0, 1] < found[1, 0] < found[1, 1]


def test_a_map_lights_its_places_and_leaves_the_image_to_be_seen():
    dark_and_lit = np.array([[0.0, 1.0]] * 2)
    image = np.array([[[200] * 3, [200] * 3], [[50] * 3, [50] * 3]], np.uint8)

    found = overlaid(image, dark_and_lit).sum(axis=-1)

    assert (found[:, 1] > found[:, 0]).all()
    assert (found[0] > found[1]).all()
