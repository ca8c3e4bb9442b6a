import pytest
import torch

from convbench.models.cost import cost_of
from convbench.models.resnet_cifar import Block, resnet_cifar


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize(
    ("depth", "parameters"),
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)],
)
def test_parameter_counts_are_the_papers(depth, parameters, skips):
    network = resnet_cifar(10, 32, depth=depth, skips=skips)

    assert cost_of(network, 32).params_total == parameters


def test_a_block_with_dead_convolutions_passes_its_input_through_the_skip():
    images = torch.rand(2, 16, 8, 8)
    residual, plain = Block(16, 32, 2, skip=True).eval(), Block(16, 32, 2, skip=False).eval()
    for block in (residual, plain):
        torch.nn.init.zeros_(block.bn2.weight)

    kept = residual(images)

    assert torch.equal(kept[:, 8:24], images[:, :, ::2, ::2])
    assert not kept[:, :8].any()
    assert not kept[:, 24:].any()
    assert not plain(images).any()
