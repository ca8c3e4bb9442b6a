"""The facts in the file are those of the networks.

A few networks are built; ``CONVBENCH_WHOLE_CATALOGUE=1 pytest tests/models/test_facts.py`` builds all.
"""

import os

import pytest

from convbench.models import ARCHITECTURES, architecture_names, architecture_of
from convbench.models.facts import Facts, facts_of, torchvision_names
from convbench.models.facts.measure import measured
from convbench.models.sizes import takes
from convbench.vision import torchvision

OURS = [name for name in ARCHITECTURES if not name.endswith(("44", "56", "110"))]
THEIRS = ["alexnet", "resnet18", "squeezenet1_0", "vgg11", "vit_b_16", "efficientnet_b1"]
NAMES = architecture_names() if os.environ.get("CONVBENCH_WHOLE_CATALOGUE") else [*OURS, *THEIRS]


def test_every_architecture_has_facts_and_names_are_torchvisions():
    assert all(facts_of(name) for name in ARCHITECTURES)
    assert list(torchvision_names()) == torchvision.models.list_models(module=torchvision.models)


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_those_of_the_network(name):
    found = measured(name, architecture_of(name), published=name in torchvision_names())

    assert found == facts_of(name), "python -m convbench.models.facts writes them anew"


@pytest.mark.parametrize(
    ("name", "sides"),
    [("alexnet", (62, 63, 64, 300)), ("vit_b_16", (16, 17, 31, 32, 224)), ("maxvit_t", (223, 224, 225))],
)
def test_a_size_is_known_to_be_taken_only_where_it_is(name, sides):
    known = [side for side in sides if facts_of(name).takes(side)]

    assert known
    assert all(takes(architecture_of(name), 10, side) for side in known)


def test_published_weights_fit_at_some_sizes():
    facts = facts_of("resnet18")

    assert [facts.has_weights(None, side) for side in (32, 63, 64, 224)] == [False, False, True, True]
    assert not facts.has_weights("v9", 224)
    assert [facts_of("vit_b_16").has_weights("v1", side) for side in (208, 224, 240)] == [
        False,
        True,
        False,
    ]
    assert not Facts(blocks=3, least=8, norms=True).has_weights(None, 32)


def test_what_has_no_facts_is_none():
    assert facts_of("my_networks:build") is None


def test_sizes_without_a_rule_are_refused():
    class Odd:
        """Takes sizes that follow no rule."""

        small_below, head, opened, joined = 0, "head", (), ()

        @staticmethod
        def build(classes, side):
            if side not in {8, 20, 100}:
                raise RuntimeError("no")
            from torch import nn

            return nn.Sequential(nn.Flatten(), nn.Linear(3 * side * side, classes))

    with pytest.raises(ValueError, match="odd: takes 8 px, but not all that are 12 px apart"):
        measured("odd", Odd, published=False)


@pytest.mark.parametrize(
    ("name", "norms"),
    [("vgg11", False), ("vgg11_bn", True), ("squeezenet1_0", False), ("vit_b_32", True)],
)
def test_networks_with_normalization_layers_are_known(name, norms):
    assert facts_of(name).norms == norms
