import re

from tests.report.samples import run_row

from convbench.report.figures.pictures import Strip
from convbench.report.pages import accuracy
from convbench.results.schema import LabelRow


def test_the_hardest_images_are_shown_with_what_they_were_predicted_as(make, monkeypatch):
    image = Strip("cat, predicted as <dog>", "data:image/png;base64,AAAA", "A test image of cat")
    monkeypatch.setattr(accuracy, "_figures", lambda results: [])
    monkeypatch.setattr(accuracy, "hardest_of", lambda results, name: [image])

    page = accuracy.render(make())

    assert "digits: the hardest test images" in page
    assert "cat, predicted as &lt;dog&gt;" in page
    assert 'alt="A test image of cat"' in page


def test_scores_of_multi_label_datasets_are_listed_label_by_label(make, monkeypatch):
    monkeypatch.setattr(accuracy, "_figures", lambda results: [])
    monkeypatch.setattr(accuracy, "hardest_of", lambda results, name: [])
    runs = [run_row("scratch", seed) for seed in (0, 1)]
    labels = [
        LabelRow(
            run_id=run.run_id,
            label="<haze>",
            images=12,
            average_precision=0.5 + seed / 2,
            f1=0.625,
            threshold_f1=0.25,
            threshold_f2=0.125,
        )
        for seed, run in enumerate(runs)
    ]
    multi = {"multi_label": True, "score": "mean_average_precision"}

    page = accuracy.render(make(runs=runs, labels=labels, of_card=multi))

    (row,) = re.findall(r'<th scope="row">&lt;haze&gt;</th>(.*)</tr>', page)
    assert re.findall(r">([^<>]+)<", row) == ["12.0", "75.0%", "62.5%", "25.0%", "12.5%"]
