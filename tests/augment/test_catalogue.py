import pytest
import torch

from convbench.augment import AUGMENTS
from convbench.config.changes import CHANGES
from convbench.seeding import generator

RANDOM = [name for name in AUGMENTS if name != "none"]


@pytest.fixture
def batch():
    return torch.rand(16, 3, 16, 16, generator=generator("batch")), torch.arange(16)


@pytest.mark.parametrize("name", AUGMENTS)
def test_a_batch_stays_a_batch_of_images(name, batch):
    images, targets = AUGMENTS[name].apply(*batch, generator("draw"))

    assert images.shape == (16, 3, 16, 16)
    assert len(targets) == 16
    assert 0 <= images.min() <= images.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", AUGMENTS)
def test_the_generator_decides_alone(name, batch):
    first, _ = AUGMENTS[name].apply(*batch, generator("draw"))
    torch.rand(7)  # moves the global generator

    assert AUGMENTS[name].apply(*batch, generator("draw"))[0].equal(first)


@pytest.mark.parametrize("name", AUGMENTS)
def test_the_batch_that_came_in_is_left_alone(name, batch):
    before = batch[0].clone()

    AUGMENTS[name].apply(*batch, generator("draw"))

    assert batch[0].equal(before)


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_has_its_own_draw(name, batch):
    copies = batch[0][:1].repeat(16, 1, 1, 1)

    images, _ = AUGMENTS[name].apply(copies, torch.zeros(16, dtype=torch.long), generator("draw"))

    assert any(not images[0].equal(other) for other in images[1:])


@pytest.mark.parametrize("name", RANDOM)
def test_another_draw_gives_other_images(name, batch):
    first, _ = AUGMENTS[name].apply(*batch, generator("draw", 1))
    second, _ = AUGMENTS[name].apply(*batch, generator("draw", 2))

    assert not first.equal(second)


@pytest.mark.parametrize("name", AUGMENTS)
def test_changes_are_declared_in_known_words(name):
    assert AUGMENTS[name].changes <= set(CHANGES)


@pytest.mark.parametrize("name", AUGMENTS)
def test_what_changes_images_declares_a_change_and_what_declares_none_changes_none(name, batch):
    images, _ = AUGMENTS[name].apply(*batch, generator("draw"))

    assert images.equal(batch[0]) == (not AUGMENTS[name].changes)


@pytest.mark.parametrize("name", [n for n in AUGMENTS if "colour" not in AUGMENTS[n].changes])
def test_colours_stay_where_no_change_of_them_is_declared(name):
    """Of one colour everywhere, an image keeps its channels' ratios, whatever black comes in."""
    plain = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(16, 3, 16, 16).clone()

    images, _ = AUGMENTS[name].apply(plain, torch.arange(16), generator("draw"))

    torch.testing.assert_close(images[:, 1:], images[:, :1] * torch.tensor([2.0, 4.0]).view(1, 2, 1, 1))


FLIPS = {"flip_left_right", "flip_up_down", "any_turn"}


@pytest.mark.parametrize("name", [n for n in AUGMENTS if not AUGMENTS[n].changes & FLIPS])
def test_nothing_is_mirrored_where_no_flip_is_declared(name):
    """White in one corner stays nearest to that corner, in each of 300 draws."""
    corner = torch.zeros(300, 3, 16, 16)
    corner[:, :, :5, :5] = 1
    place = torch.arange(16.0) - 7.5

    images, _ = AUGMENTS[name].apply(corner, torch.zeros(300), generator("draw"))

    assert ((images[:, 0] * place).sum((1, 2)) < 0).all()
    assert ((images[:, 0] * place[:, None]).sum((1, 2)) < 0).all()
