import pytest
import torch

from convbench.augment import AUGMENTS
from convbench.seeding import generator

RANDOM = [name for name in AUGMENTS if name != "none"]


@pytest.fixture
def batch():
    return torch.rand(16, 3, 16, 16, generator=generator("batch")), torch.arange(16)


@pytest.mark.parametrize("name", AUGMENTS)
def test_a_batch_stays_a_batch_of_images(name, batch):
    images, targets = AUGMENTS[name](*batch, generator("draw"))

    assert images.shape == (16, 3, 16, 16)
    assert len(targets) == 16
    assert 0 <= images.min() <= images.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", AUGMENTS)
def test_the_generator_decides_alone(name, batch):
    first, _ = AUGMENTS[name](*batch, generator("draw"))
    torch.rand(7)  # moves the global generator

    assert AUGMENTS[name](*batch, generator("draw"))[0].equal(first)


@pytest.mark.parametrize("name", AUGMENTS)
def test_the_batch_that_came_in_is_left_alone(name, batch):
    before = batch[0].clone()

    AUGMENTS[name](*batch, generator("draw"))

    assert batch[0].equal(before)


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_has_its_own_draw(name, batch):
    copies = batch[0][:1].repeat(16, 1, 1, 1)

    images, _ = AUGMENTS[name](copies, torch.zeros(16, dtype=torch.long), generator("draw"))

    assert any(not images[0].equal(other) for other in images[1:])


@pytest.mark.parametrize("name", RANDOM)
def test_another_draw_gives_other_images(name, batch):
    first, _ = AUGMENTS[name](*batch, generator("draw", 1))
    second, _ = AUGMENTS[name](*batch, generator("draw", 2))

    assert not first.equal(second)
