import pytest

from convbench.models import ARCHITECTURES
from convbench.models.blocks import blocks_of
from convbench.strategies import STRATEGIES, blocks_in, strategy_of
from convbench.strategies.base import Parts, Rates

RATES = Rates(lr=0.01, backbone_lr=0.001, probe_lr=0.05, probe_epochs=2, unfreeze_every=1)
EPOCHS = 5


NAMES = [*STRATEGIES, "fine_tune_last_1", "fine_tune_last_2"]


def _built(architecture):
    entry = ARCHITECTURES[architecture]
    network = entry.build(4, 32)
    head = list(network.get_submodule(entry.head).parameters())
    return network, entry, Parts(list(blocks_of(network, entry).values()), head)


@pytest.mark.parametrize("strategy", NAMES)
def test_phases_take_all_the_epochs_and_end_with_the_head(strategy):
    _, _, parts = _built("resnet20")

    phases = strategy_of(strategy).phases(parts, RATES, EPOCHS)

    assert sum(phase.epochs for phase in phases) == (0 if strategy == "evaluate" else EPOCHS)
    for phase in phases:
        listed = [id(p) for group in phase.groups for p in group.parameters]
        assert len(listed) == len(set(listed))
        assert phase.groups[-1].parameters[-1] is parts.classifier[-1]
        assert phase.groups[-1].start == 1


def _rate_of(phase, parameter):
    return next(g.lr for g in phase.groups if any(parameter is p for p in g.parameters))


@pytest.mark.parametrize("strategy", ["fine_tune", "fine_tune_last_2", "probe_then_fine_tune"])
def test_fine_tuning_gives_the_body_the_smaller_rate(strategy):
    network, _, parts = _built("resnet20")

    phase = strategy_of(strategy).phases(parts, RATES, EPOCHS)[-1]

    assert _rate_of(phase, network.linear.weight) == 0.01
    assert _rate_of(phase, network.layer3[0].conv1.weight) == 0.001


def test_a_probe_comes_first_with_its_own_rate_and_time():
    network, _, parts = _built("resnet20")

    probe, tuning = strategy_of("probe_then_fine_tune").phases(parts, RATES, EPOCHS)

    assert (probe.epochs, tuning.epochs) == (2, 3)
    assert [group.lr for group in probe.groups] == [0.05]
    assert [id(p) for p in probe.groups[0].parameters] == [id(p) for p in network.linear.parameters()]


def test_blocks_are_unfrozen_from_the_top_every_few_epochs():
    _, _, parts = _built("resnet20")
    rates = Rates(lr=0.1, backbone_lr=0.01, unfreeze_every=3)

    (phase,) = strategy_of("gradual_unfreeze").phases(parts, rates, 9)

    starts = [group.start for group in phase.groups]
    assert starts == [13, 10, 7, 4, 1]


@pytest.mark.parametrize("strategy", ["fine_tune", "gradual_unfreeze"])
def test_layer_decay_lowers_the_rate_block_by_block_towards_the_input(strategy):
    network, _, parts = _built("resnet20")
    rates = Rates(lr=0.1, backbone_lr=0.01, layer_decay=0.5, unfreeze_every=1)

    (phase,) = strategy_of(strategy).phases(parts, rates, EPOCHS)

    tops = [network.layer3, network.layer2, network.layer1]
    found = [_rate_of(phase, layer[0].conv1.weight) for layer in tops]
    assert found == pytest.approx([0.01, 0.005, 0.0025])
    assert _rate_of(phase, network.conv1.weight) == pytest.approx(0.00125)
    assert _rate_of(phase, network.linear.weight) == 0.1


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("fine_tune_last_3", 3),
        ("fine_tune_last_12", 12),
        ("fine_tune_last_0", 0),
        ("fine_tune_last_", 0),
        ("fine_tune", 0),
    ],
)
def test_the_number_of_blocks_is_in_the_name(name, count):
    assert blocks_in(name) == count


def test_an_unknown_strategy_is_none():
    assert strategy_of("fine_tune_last_x") is None


def test_every_own_architecture_has_blocks_for_every_strategy():
    for name in ARCHITECTURES:
        if not name.endswith(("44", "56", "110")):
            _, _, parts = _built(name)
            assert len(parts.blocks) >= 2, name
