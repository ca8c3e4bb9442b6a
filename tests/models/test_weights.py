import pytest
import torch

from convbench.models.resnet_cifar import resnet_cifar
from convbench.models.weights import Normalisation, load_body, save_weights

NORMALISATION = Normalisation((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


@pytest.fixture
def path(tmp_path):
    network = resnet_cifar(92, 16, depth=20, skips=True)
    network.stem[1].running_mean.fill_(3.0)
    save_weights(tmp_path / "letters.safetensors", network.state_dict(), NORMALISATION)
    return tmp_path / "letters.safetensors", network


def test_the_body_and_its_statistics_are_copied_and_the_head_is_not(path):
    file, source = path
    network = resnet_cifar(10, 16, depth=20, skips=True)
    head = network.head.weight.clone()

    assert load_body(network, "head", file) == NORMALISATION

    body = {n: t for n, t in source.state_dict().items() if not n.startswith("head.")}
    assert all(network.state_dict()[name].equal(tensor) for name, tensor in body.items())
    assert network.head.weight.equal(head)


def test_another_networks_file_is_refused(path):
    with pytest.raises(ValueError, match=r"absent .*stage1\.3\.conv1\.weight"):
        load_body(resnet_cifar(10, 16, depth=32, skips=True), "head", path[0])


def test_the_same_weights_give_the_same_bytes(path, tmp_path):
    file, network = path
    save_weights(tmp_path / "again.safetensors", network.state_dict(), NORMALISATION)

    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_weights_saved_and_loaded_predict_the_same(path):
    file, source = path
    network = resnet_cifar(92, 16, depth=20, skips=True)
    load_body(network, "head", file)
    network.head.load_state_dict(source.head.state_dict())
    images = torch.rand(4, 3, 16, 16)

    assert network.eval()(images).equal(source.eval()(images))
