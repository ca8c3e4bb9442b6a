"""A user's own images, several labels each, from three lines of a config to the report."""

import re
import sqlite3

import pandas as pd
import pytest
from PIL import Image

from convbench.files import read_json
from convbench.report.pages.names import PAGES
from tests.layouts.replicas import encoded, picture, table
from tests.project import RECIPE, ROOT, copy_project

LABELS = ("wings", "legs", "fur")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Sixty images in given splits; one of the test is a turned one of the training images."""
    root = tmp_path_factory.mktemp("own")
    project = copy_project(root / "convbench")
    images = [picture(32, 32) for _ in range(60)]
    images[59] = images[0].transpose(Image.Transpose.ROTATE_90)
    splits = ("train", "train", "train", "val", "test", "test")
    rows = [
        (f"images/{n}.png", *(int(n % 59 % each == 0) for each in (2, 3, 4)), splits[n // 10])
        for n in range(60)
    ]
    (root / "pets" / "images").mkdir(parents=True)
    for n, image in enumerate(images):
        (root / "pets" / "images" / f"{n}.png").write_bytes(encoded(image, "PNG"))
    (root / "pets" / "labels.csv").write_bytes(table(("image", *LABELS, "split"), rows))
    (root / "pets" / "images" / "7.png").write_bytes(b"torn")
    project.configure(
        tasks={"pets": {"epochs": 2, "batch_size": 8}, "pets@20": {"epochs": 2, "batch_size": 8}},
        image_size=16,
        strategies={"scratch": {"weights": "random", **RECIPE}},
        augmentations=["none", "crop_flip"],
        pretraining={},
        allow_label_breaking=True,
        datasets={
            "pets": {
                "layout": "table",
                "source": str(root / "pets" / "labels.csv"),
                "label_columns": list(LABELS),
                "keeps": ["shift_and_scale"],
                "on_bad_image": "skip",
            }
        },
    )
    ran = project.snakemake("--cores", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return project


def test_the_tables_hold_what_several_labels_are_scored_by(done):
    runs = pd.read_parquet(done.root / "results" / "tables" / "runs.parquet")
    labels = pd.read_csv(done.root / "results" / "tables" / "labels.csv")

    assert set(runs["outcome"]) == {"finished"}
    assert set(runs["score"]) == {"mean_average_precision"}
    assert runs[["test_score", "test_f1_micro", "test_f1_macro", "test_f2"]].notna().all(axis=None)
    assert runs["test_accuracy"].isna().all()
    assert labels.groupby("run_id")["label"].apply(list).tolist() == [list(LABELS)] * 4


def test_the_report_shows_them_and_every_finding_beside_them(done):
    html = (done.root / "reports" / "index.html").read_text()

    assert (
        "Label by label: pets, 20 training images" in (done.root / "reports/accuracy.html").read_text()
    )
    assert html.count(">F2</th>") == 2
    for badge in ("5.0% of test in training", "1 skipped", "changes labels"):
        assert f">{badge}</a>" in html
    assert "images/7.png" not in html


def test_the_page_on_the_data_tells_the_whole_story(done):
    html = (done.root / "reports" / "data.html").read_text()
    words = " ".join(html.split())

    assert "1 of the test images (5.0%) show the same picture as a training image" in words
    assert "images/7.png</code>: not an image of a kind that is known here" in html
    assert "train: images/0.png (wings; legs; fur); test: images/59.png" in html
    assert "crop_flip changes labels" in html
    assert set(re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', html)) == set(PAGES)


def test_every_badge_leads_to_its_dataset(done):
    index = (done.root / "reports" / "index.html").read_text()
    data = (done.root / "reports" / "data.html").read_text()

    targets = set(re.findall(r'class="badge" href="data\.html#([^"]*)"', index))
    assert targets == {"pets"}
    assert all(f'id="{target}"' in data for target in targets)


def test_mlflow_has_the_scores_and_a_table_by_label(done):
    with sqlite3.connect(done.root / "mlflow.db") as store:
        keys = {key for (key,) in store.execute("select distinct key from latest_metrics")}
    artefacts = {path.name for path in done.root.rglob("mlartifacts/**/labels.csv")} | {
        path.name for path in done.root.rglob("mlruns/**/labels.csv")
    }

    assert {"test_score", "test_mean_average_precision", "test_f1_macro", "test_f2"} <= keys
    assert "test_accuracy" not in keys
    assert artefacts == {"labels.csv"}


def test_a_second_run_does_nothing(done):
    again = done.snakemake("-n", "--quiet", "host")

    assert "Nothing to be done" in again.stdout


def test_what_was_taken_is_pinned_for_dvc(done):
    card = read_json(done.one("results/prepared/pets/16px/*/card.json"))
    status = done.run("dvc", "status", "data.dvc")

    assert f"md5: {card['pin']}" in (done.root / "data.dvc").read_text()
    assert "data/pets" not in status.stdout


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "config").glob("*.yaml")))
def test_every_config_that_we_ship_can_be_planned(name, tmp_path):
    project = copy_project(tmp_path / "convbench")
    (project.root / "config" / name).write_text((ROOT / "config" / name).read_text())

    planned = project.snakemake("-n", "--quiet", "host", "--configfile", f"config/{name}")

    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "rule train" in planned.stdout
