import pandas as pd

from convbench.config.grid import Grid
from convbench.report.text.question import question
from convbench.results.schema import RunRow


def test_the_question_names_what_is_compared_and_what_is_given(values):
    runs = pd.DataFrame({RunRow.dataset: ["digits"], RunRow.train_size: [20]})
    given, then = "With 20 training images of digits", "and what does it cost?"

    def asked():
        return question(Grid.parse(values, "a.yaml"), runs)

    assert asked() == (
        f"{given}: which of 2 architectures, 2 strategies and 2 augmentations is best, {then}"
    )
    values["architectures"] = ["resnet20"]
    assert asked() == (
        f"{given} (architecture resnet20): which of 2 strategies and 2 augmentations is best, {then}"
    )
    values["augmentations"], values["strategies"] = (
        ["none"],
        {"scratch": values["strategies"]["scratch"]},
    )
    values["pretraining"] = {}
    assert asked() == (
        f"{given} (architecture resnet20, strategy scratch, augmentation none): how good is it, {then}"
    )
