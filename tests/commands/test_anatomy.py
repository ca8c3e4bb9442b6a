import pytest

from convbench.cli import main


@pytest.fixture
def printed(capsys):
    """Return what ``convbench anatomy`` prints."""

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["anatomy", *arguments])
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return run


def _row(text, name):
    return next(line.split() for line in text.splitlines() if line.startswith(name))


def test_the_table_and_the_totals_of_resnet18(printed):
    code, text, _ = printed("resnet18", "--input", "224")

    assert code == 0
    assert text.startswith("resnet18 for images of 224 px and 1,000 classes\n")
    assert _row(text, "conv1") == [
        "conv1",
        "convolution",
        "7x7",
        "s2",
        "p3",
        "64x112x112",
        "9,408",
        "118.0",
        "7",
        "120.8",
        "G",
    ]
    assert _row(text, "maxpool") == ["maxpool", "max", "pool", "3x3", "s2", "p1", "64x56x56", "11"]
    assert _row(text, "layer1.0.conv1")[2:4] == ["3x3", "p1"]  # stride 1 is not worth a word
    assert _row(text, "fc") == ["fc", "fully", "connected", "1000", "513,000", "0.5", "all"]
    assert _row(text, "parameters")[1] == "11,689,512"
    assert _row(text, "parameters")[2] == "(9,600"
    assert _row(text, "multiply-adds")[1] == "1,814,073,344"
    assert _row(text, "depth")[1] == "18"
    assert text.endswith("The last receptive field, 435 px a side, covers the image of 224 px.\n")


def test_columns_are_aligned_and_lines_fit_a_terminal(printed):
    _, text, _ = printed("densenet121", "--classes", "10", "--input", "64")
    lines = text.splitlines()
    header = next(place for place, line in enumerate(lines) if line.startswith("Layer"))
    table = lines[header : lines.index("", header)]

    assert max(map(len, lines)) <= 100
    ends = [place for place, sign in enumerate(table[1]) if sign == " "]
    assert all(line.ljust(100)[place] == " " for line in table for place in ends)
    assert any(line.startswith("...") for line in table)  # a long name loses its beginning


def test_the_stem_for_small_images_is_said(printed):
    _, text, _ = printed("resnet18", "--input", "32")

    assert "3x3 stem" in text.splitlines()[0]
    assert _row(text, "conv1")[2:4] == ["3x3", "p1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet19"], "no architecture 'resnet19' (did you mean"),
        (["alexnet", "--input", "20"], "alexnet with --input 20: it takes images of 63 px or more"),
        (["alexnet", "--input", "0"], "--input: 0; an image has from 1 to 4096 pixels a side"),
        (["alexnet", "--input", "4097"], "--input: 4097; an image has"),
        (["alexnet", "--classes", "0"], "--classes: 0; there is at least one class"),
        (["alexnet", "--input", "big"], "argument --input: invalid int value: 'big'"),
    ],
)
def test_a_mistake_gives_one_message(printed, arguments, message):
    code, text, error = printed(*arguments)

    assert (code, text) == (2, "")
    assert message in error
