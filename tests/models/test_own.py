import sys
from textwrap import dedent

import pytest
import torch

from convbench.errors import UserError
from convbench.models import architecture_of
from convbench.models.base import Architecture

COUNT = iter(range(1000))


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a module into the working folder, and return the name of what it calls ``build``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])  # what is added goes again

    def write(text, attribute="build"):
        package = tmp_path / f"mine{next(COUNT)}"
        package.mkdir()
        (package / "networks.py").write_text(f"import torch\nfrom torch import nn\n{dedent(text)}")
        return f"{package.name}.networks:{attribute}"

    return write


TWO_LAYERS = """
    def build(classes, image_size):
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes)
        )
"""


def test_a_function_in_the_working_folder_is_an_architecture(written):
    name = written(TWO_LAYERS)

    entry = architecture_of(name)

    assert entry.head == "3"
    assert entry.build.__module__ == name.partition(":")[0]
    assert entry.build(4, 16)(torch.rand(2, 3, 16, 16)).shape == (2, 4)


def test_a_convolution_may_be_the_head(written):
    name = written("""
        def build(classes, image_size):
            return nn.Sequential(
                nn.Conv2d(3, 8, 3), nn.Conv2d(8, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
            )
    """)

    assert architecture_of(name).head == "1"


def test_the_last_of_several_layers_as_wide_as_there_are_classes_is_the_head(written):
    name = written("""
        def build(classes, image_size):
            return nn.Sequential(
                nn.Conv2d(3, classes, 3),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(classes, classes),
            )
    """)

    assert architecture_of(name).head == "3"


def test_a_class_may_be_the_function(written):
    name = written(
        """
        class Net(nn.Module):
            def __init__(self, classes, image_size):
                super().__init__()
                self.top = nn.Linear(3, classes)
            def forward(self, x):
                return self.top(x.mean((2, 3)))
        """,
        "Net",
    )

    assert architecture_of(name).head == "top"


def test_an_architecture_is_taken_as_it_is(written):
    name = written(
        TWO_LAYERS
        + """
    from convbench.models.base import Architecture
    MINE = Architecture(build, head="3", opened=("0",))
        """,
        "MINE",
    )

    assert isinstance(architecture_of(name), Architecture)
    assert architecture_of(name).opened == ("0",)


def test_a_network_for_one_image_size_alone_is_taken(written):
    name = written("""
        def build(classes, image_size):
            return nn.Sequential(nn.Flatten(), nn.Linear(3 * 28 * 28, classes))
    """)

    assert architecture_of(name).head == "1"


@pytest.mark.parametrize(
    ("text", "attribute", "message"),
    [
        (TWO_LAYERS, "biuld", "has no 'biuld'; it has the functions build"),
        ("build = 3", "build", "is of type int; write a function"),
        (
            "from functools import partial\nbuild = partial(nn.Linear, 3)",
            "build",
            "is of type partial; write a function",
        ),
        (
            "def build(classes): return nn.Linear(3, classes)",
            "build",
            "does not build .*TypeError.*argument",
        ),
        (
            "def build(classes, side): raise KeyError('depth')",
            "build",
            "does not build .*KeyError: 'depth'",
        ),
        ("def build(classes, side): return 5", "build", "does not build"),
        (
            "def build(classes, side): return nn.Sequential(nn.Flatten(), nn.Linear(3 * side**2, 10))",
            "build",
            r"two images of 224 px and 97 classes should give .*\[2, 97\], not \[2, 10\]",
        ),
        (
            """
            class Sums(nn.Module):
                def __init__(self, classes, side):
                    super().__init__()
                    self.kernel = nn.Parameter(torch.zeros(3, classes))
                def forward(self, x):
                    return x.mean((2, 3)) @ self.kernel
            """,
            "Sums",
            "no Linear or Conv2d gives one number a class",
        ),
        (
            TWO_LAYERS
            + """
    from convbench.models.base import Architecture
    MINE = Architecture(build, head="top")
            """,
            "MINE",
            "has no module 'top', its classifier",
        ),
    ],
)
def test_a_users_mistake_is_named(written, text, attribute, message):
    name = written(text, attribute)

    with pytest.raises(UserError, match=rf"(?s)^architecture '{name}'.*{message}"):
        architecture_of(name)


@pytest.mark.parametrize("name", ["absent_package.networks:build", "tests.absent:build"])
def test_an_absent_module_is_said(name, written):
    with pytest.raises(UserError, match=r"no module '(absent_package|tests\.absent)'"):
        architecture_of(name)


def test_a_module_that_its_module_lacks_is_its_own_error(written):
    name = written("import not_to_be_found")

    with pytest.raises(UserError, match=r"importing .* failed: .*not_to_be_found"):
        architecture_of(name)


def test_trying_a_users_network_draws_no_random_number(written):
    name, before = written(TWO_LAYERS), torch.random.get_rng_state()

    architecture_of(name)

    assert torch.equal(torch.random.get_rng_state(), before)
