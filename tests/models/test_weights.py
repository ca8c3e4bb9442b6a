import pytest
import torch

from convbench.models.grey import to_grey
from convbench.models.resnet_cifar import resnet_cifar
from convbench.models.weights.files import Normalisation, load_weights, save_weights

NORMALISATION = Normalisation((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


@pytest.fixture
def path(tmp_path):
    network = resnet_cifar(92, 16, depth=20, skips=True)
    network.bn1.running_mean.fill_(3.0)
    left_out = ["aux.weight [3]: not in the network"]
    save_weights(tmp_path / "letters.safetensors", network.state_dict(), NORMALISATION, left_out)
    return tmp_path / "letters.safetensors", network


def test_the_body_and_its_statistics_are_copied_and_the_head_is_not(path):
    file, source = path
    network = resnet_cifar(10, 16, depth=20, skips=True)
    head = network.linear.weight.clone()

    loaded = load_weights(network, "linear", file)

    assert loaded.normalisation == NORMALISATION
    assert loaded.left_out == ["aux.weight [3]: not in the network"]
    backbone = {n: t for n, t in source.state_dict().items() if not n.startswith("linear.")}
    assert all(network.state_dict()[name].equal(tensor) for name, tensor in backbone.items())
    assert network.linear.weight.equal(head)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_converted_when_it_is_loaded(tmp_path, kind):
    source = resnet_cifar(10, 16, depth=20, skips=True).to(kind).state_dict()
    save_weights(tmp_path / "half.safetensors", source, NORMALISATION)
    network = resnet_cifar(10, 16, depth=20, skips=True)

    load_weights(network, "linear", tmp_path / "half.safetensors", with_classifier=True)

    loaded = network.state_dict()
    assert loaded["conv1.weight"].dtype == torch.float32
    assert all(loaded[name].equal(t.to(loaded[name].dtype)) for name, t in source.items())


def test_another_networks_file_is_refused(path):
    with pytest.raises(ValueError, match=r"absent .*layer1\.3\.conv1\.weight"):
        load_weights(resnet_cifar(10, 16, depth=32, skips=True), "linear", path[0])


def test_with_its_head_a_network_of_other_classes_is_refused(path):
    with pytest.raises(RuntimeError, match=r"size mismatch for linear\.weight"):
        load_weights(resnet_cifar(10, 16, depth=20, skips=True), "linear", path[0], with_classifier=True)


def test_the_same_weights_give_the_same_bytes(path, tmp_path):
    file, network = path
    save_weights(
        tmp_path / "again.safetensors",
        network.state_dict(),
        NORMALISATION,
        ["aux.weight [3]: not in the network"],
    )

    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_weights_saved_and_loaded_predict_the_same(path):
    file, source = path
    network = resnet_cifar(92, 16, depth=20, skips=True)
    load_weights(network, "linear", file, with_classifier=True)
    images = torch.rand(4, 3, 16, 16)

    assert network.eval()(images).equal(source.eval()(images))


def test_a_grey_network_gets_the_sum_of_the_kernels(path):
    file, source = path
    network = to_grey(resnet_cifar(92, 16, depth=20, skips=True))
    load_weights(network, "linear", file, with_classifier=True)
    grey = torch.rand(4, 1, 16, 16)

    found = network.eval()(grey)

    torch.testing.assert_close(found, source.eval()(grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-5)
