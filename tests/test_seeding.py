import torch

from convbench.seeding import generator, seed_of, seeded


def test_names_give_the_same_seed_in_every_process():
    assert seed_of("digits/resnet20", "order", 3) == 7390050636088656513


def test_names_that_join_to_the_same_text_differ():
    assert seed_of("a", "bc") != seed_of("ab", "c")


def test_a_generator_does_not_depend_on_what_was_drawn_elsewhere():
    first = torch.rand(3, generator=generator("run", 1))
    torch.rand(100)

    assert torch.equal(torch.rand(3, generator=generator("run", 1)), first)


def test_the_global_generator_is_put_back():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)

    with seeded("weights"):
        inside = torch.rand(2)

    assert torch.equal(torch.rand(2), expected)
    assert not torch.equal(inside, expected)
