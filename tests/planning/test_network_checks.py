"""Whether networks fit is known from their facts; only what is wrong, or unknown, is built."""

import subprocess
import sys

import pytest

from convbench.config.grid import Grid
from convbench.planning.network_checks import network_problems
from convbench.planning.network_trials import tried_problems

HEAVY = ("torch", "torchvision", "pandas", "scipy", "sklearn", "pyarrow", "mlflow")


def test_the_default_grid_is_planned_without_torch():
    code = (
        "import sys; from pathlib import Path; from convbench.planning.read import read_plan\n"
        "read_plan(Path('config/config.yaml')); print(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert "convbench.planning.keys" in done.stdout.split()
    assert not set(done.stdout.split()) & set(HEAVY)


def _grid(values, size, weights="letters", **strategies):
    values["image_size"] = size
    values["architectures"] = ["resnet18"]
    recipe = values["strategies"]["fine_tune"] | {"weights": weights}
    values["strategies"] = {"fine_tune": recipe} | {
        name: recipe | changes for name, changes in strategies.items()
    }
    return Grid.parse(values, "a.yaml")


@pytest.fixture
def built(monkeypatch):
    """Say which networks are built."""
    found = []

    def build(grid):
        found.extend(grid.architectures)
        yield from tried_problems(grid)

    monkeypatch.setattr("convbench.planning.network_trials.tried_problems", build)
    return found


@pytest.mark.parametrize("weights", ["letters", "imagenet", "imagenet/v1"])
def test_a_network_that_is_known_to_fit_is_not_built(values, built, weights):
    grid = _grid(values, 64, weights, fine_tune_last_5={})

    assert list(network_problems(grid)) == list(tried_problems(grid)) == []
    assert built == []


@pytest.mark.parametrize(
    ("size", "weights", "strategies", "problem"),
    [
        (32, "imagenet", {}, "at that size it has another conv1.weight"),
        (64, "imagenet/v9", {}, "no weights 'v9' are published"),
        (64, "letters", {"fine_tune_last_6": {}}, "it has 5 blocks below its classifier"),
    ],
)
def test_what_is_wrong_is_found_by_building(values, built, size, weights, strategies, problem):
    (found,) = network_problems(_grid(values, size, weights, **strategies))

    assert problem in found
    assert built == ["resnet18"]


def test_a_size_that_is_not_known_to_be_taken_is_tried(values, built):
    grid = _grid(values, 16).model_copy(update={"architectures": ["vgg11"]})

    (found,) = network_problems(grid)

    assert "'vgg11' with image_size 16: it takes images of 32 px or more" in found
    assert built == ["vgg11"]


def test_a_network_without_facts_is_built(values, built, monkeypatch):
    monkeypatch.setattr("convbench.planning.network_checks.facts_of", lambda name: None)

    assert list(network_problems(_grid(values, 64))) == []
    assert built == ["resnet18"]
