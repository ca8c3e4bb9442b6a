import pytest

from convbench.report.pages import factors
from convbench.results.schema import EffectRow


@pytest.fixture
def html(make, monkeypatch):
    monkeypatch.setattr(factors, "_figures", lambda results: [])
    return lambda **changes: factors.render(make(**changes))


def effect(**more):
    given = {
        "dataset": "digits",
        "factor": "strategy",
        "level": "fine_tune",
        "baseline": "scratch",
        "difference": 0.0123,
        "low": None,
        "high": None,
        "p": None,
        "p_holm": None,
        "better": 1,
        "pairs": 1,
        "significant": False,
    }
    return EffectRow(**given | more)


def test_an_effect_of_one_pair_has_neither_interval_nor_p(html):
    page = html(effects=[effect()])

    assert 'data-value="0.0123">+1.2</td><td class="n" data-value="">–</td>' in page
    assert ">1 of 1 pairs</td><td>no</td>" in page


def test_levels_that_are_numbers_of_images_are_written_as_such(html):
    page = html(effects=[effect(factor="train_size", level="2428", baseline="200")])

    assert "<td>2,428 images</td><td>200 images</td>" in page


def test_transfer_is_compared_with_training_from_scratch_by_architecture(html):
    page = html()

    assert ">net</th>" in page
    assert ">±0.0</td>" in page
    assert "<b>±0.0</b>" in page
