import pytest
import torch

from convbench.models import architecture_of
from convbench.models.anatomy.cost import cost_of
from convbench.models.meta import without_weights
from convbench.models.resnet_cifar import Block


@pytest.mark.parametrize("family", ["resnet", "plain"])
@pytest.mark.parametrize(
    ("depth", "parameters"),
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)],
)
def test_parameter_counts_are_the_papers(depth, parameters, family):
    network = without_weights(architecture_of(f"{family}{depth}").build, 10, 32)

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


def test_tensors_are_called_as_in_the_public_weights():
    names = set(without_weights(architecture_of("resnet20").build, 10, 32).state_dict())

    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    block = ["conv1.weight", "conv2.weight", *(f"bn{i}.{each}" for i in (1, 2) for each in norm)]
    assert names == {
        "conv1.weight",
        *(f"bn1.{each}" for each in norm),
        *(f"layer{stage}.{i}.{each}" for stage in (1, 2, 3) for i in range(3) for each in block),
        "linear.weight",
        "linear.bias",
    }


def test_a_plain_twin_has_its_residual_networks_tensors_and_no_skips():
    residual, plain = (
        architecture_of(f"{family}20").build(10, 16).eval() for family in ("resnet", "plain")
    )
    plain.load_state_dict(residual.state_dict())
    images = torch.rand(2, 3, 16, 16)

    for block in (module for module in residual.modules() if isinstance(module, Block)):
        block.skip = False

    assert torch.equal(plain(images), residual(images))
