import pytest

from convbench.models.anatomy.layers import Anatomy
from convbench.report.text.networks import coverage, field_in_words, short


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((32, 32), "The last receptive field, 32 px a side, covers the image of 32 px."),
        ((31, 40), "The last receptive field, 31 x 40 px a side, does not cover the image of 32 px."),
        (
            (float("inf"), float("inf")),
            "The last feature map sees the whole image: all of its 32 px a side.",
        ),
    ],
)
def test_coverage_of_the_image_is_a_sentence(size, sentence):
    assert coverage(Anatomy(32, (), 0, 0, 0, size)) == sentence


def test_an_unknown_field_is_not_given_a_number():
    assert "unknown" in coverage(Anatomy(32, (), 0, 0, 0, None))
    assert field_in_words(None) == "-"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0 k"), (120846286848, "120.8 G"), (2e18, "2,000.0 P")],
)
def test_large_numbers_are_short(count, text):
    assert short(count) == text
