import subprocess
import sys

import pytest
import torch

from convbench import vision
from convbench.vision import torchvision


def test_models_transforms_and_datasets_work():
    from torchvision.transforms import v2

    network = torchvision.models.resnet18(weights=None)
    images = v2.RandomHorizontalFlip(p=1.0)(torch.rand(1, 3, 64, 64))
    sample, _ = torchvision.datasets.FakeData(size=1, image_size=(3, 8, 8))[0]

    assert network.eval()(images).shape == (1, 1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_689_512
    assert sample.size == (8, 8)


def test_nothing_is_declared_where_the_extension_loads(monkeypatch):
    monkeypatch.setattr(vision, "_extension_loads", lambda: True)

    assert vision._declare() is None


def test_a_torchvision_that_cannot_load_its_extension_needs_the_declaration():
    if vision._extension_loads():
        pytest.skip("this torchvision loads its compiled operators: nothing to mend")
    done = subprocess.run(
        [sys.executable, "-c", "import torchvision"], capture_output=True, text=True, check=False
    )

    assert "torchvision::nms does not exist" in done.stderr
