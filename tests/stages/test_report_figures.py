import pandas as pd

from convbench.stages.report_figures import worded


def test_numbers_of_images_are_said_as_such_and_names_are_left():
    effects = pd.DataFrame(
        {
            "factor": ["train_size", "strategy"],
            "level": ["2428", "2428"],
            "baseline": ["200", "scratch"],
        }
    )

    found = worded(effects)

    assert found["level"].tolist() == ["2,428 images", "2428"]
    assert found["baseline"].tolist() == ["200 images", "scratch"]
    assert effects["level"].tolist() == ["2428", "2428"]
