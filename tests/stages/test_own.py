"""A dataset of one's own: how it is described, and what happens when it changes."""

import os
from pathlib import Path

import pytest
from tests.layouts.replicas import encoded, folders, picture, table

from convbench.config.datasets import DatasetSettings
from convbench.config.grid import Grid
from convbench.data import pins
from convbench.errors import UserError
from convbench.stages.fetch import check_changed, fetch
from convbench.stages.inspect import inspect
from convbench.stages.plan import plan
from convbench.stages.prepare import prepare

OWN = {"layout": "folder", "source": "pictures"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty working copy beside a folder of pictures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.dvc").write_text("outs: []\n")
    for name, content in folders(per_class=6).items():
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).write_bytes(content)
    return tmp_path


def _grid(values, **settings):
    return values | {"tasks": {"pets": {"epochs": 1, "batch_size": 8}}, "datasets": {"pets": settings}}


def test_three_lines_describe_a_dataset(values, project):
    found = plan(_grid(values, **OWN), "mine.yaml")

    assert found.grid.dataset_names() == ["letters", "pets"]
    assert all(run.startswith("pets/") for run in found.runs)


WRONG = {
    "layout is missing": ({"source": "pictures"}, "'layout' is missing; a dataset of your own needs"),
    "source is missing": ({"layout": "folder"}, "'source' is missing"),
    "another layout": (
        {**OWN, "layout": "coco"},
        "datasets.pets.layout: 'coco': Input should be 'folder'",
    ),
    "an unknown key": ({**OWN, "clases": 3}, "datasets.pets.clases: unknown key; there are"),
    "an archive without digest": ({**OWN, "source": "a/b.zip"}, "'sha256sum b.zip' prints it"),
    "an address without digest": ({**OWN, "source": "https://x.org/b.zip"}, "'sha256' is missing"),
    "a short digest": ({**OWN, "source": "b.zip", "sha256": "abc"}, "a sha256 is 64 of 0-9 and a-f"),
    "a column of a folder": ({**OWN, "image_column": "x"}, "image_column: for 'layout: table' alone"),
    "an unknown change": ({**OWN, "keeps": ["spin"]}, "Input should be 'shift_and_scale'"),
    "no images a class": ({**OWN, "train_per_class": 0}, "greater than 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_description_is_refused_by_key_before_any_work(case, values):
    settings, message = WRONG[case]

    with pytest.raises(UserError) as caught:
        plan(_grid(values, **settings), "mine.yaml")

    assert message in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_name_of_the_catalogue_is_taken(values):
    wrong = values | {"datasets": {"digits": OWN}}

    with pytest.raises(UserError, match="'digits' is a dataset of the catalogue; give your own another"):
        plan(wrong, "mine.yaml")


def test_a_description_that_no_task_uses_is_refused(values):
    with pytest.raises(UserError, match=r"datasets\.pets is described, and no task is on it"):
        Grid.parse(values | {"datasets": {"pets": OWN}}, "mine.yaml")


def test_what_is_not_described_is_no_dataset(values):
    wrong = values | {"tasks": {"pets": {"epochs": 1, "batch_size": 8}}}

    with pytest.raises(UserError, match="tasks: no 'pets'"):
        plan(wrong, "mine.yaml")


def test_the_catalogues_numbers_can_be_changed(values):
    task = {"caltech101@500": {"epochs": 1, "batch_size": 8}}
    changed = values | {"tasks": task, "datasets": {"caltech101": {"train_per_class": 5}}}

    assert plan(changed, "mine.yaml").runs


def test_an_augmentation_that_breaks_labels_is_refused_with_the_reason(values):
    with pytest.raises(UserError) as caught:
        plan(values | {"augmentations": ["crop_flip", "dihedral"]}, "mine.yaml")

    message = str(caught.value)
    assert "'crop_flip' with digits: flipping left and right may change what its labels say" in message
    assert "'dihedral' with digits: turning by any angle and flipping left and right and" in message
    assert "'allow_label_breaking: true'" in message


def test_a_pretraining_is_held_to_the_same(values):
    values["pretraining"]["letters"]["augmentation"] = "dihedral"

    with pytest.raises(UserError, match="'dihedral' with letters"):
        plan(values, "mine.yaml")


def test_label_breaking_can_be_allowed(values):
    allowed = values | {"augmentations": ["crop_flip"], "allow_label_breaking": True}

    assert plan(allowed, "mine.yaml").runs


def test_of_an_own_dataset_only_what_is_said_is_held(values):
    silent = _grid(values, **OWN) | {"augmentations": ["dihedral"]}
    said = _grid(values, **OWN, keeps=["colour"]) | {"augmentations": ["dihedral"]}

    assert plan(silent, "mine.yaml").runs
    with pytest.raises(UserError, match="'dihedral' with pets"):
        plan(said, "mine.yaml")


def test_a_folder_is_pinned_when_it_is_first_fetched(project):
    fetch("pets", DatasetSettings(**OWN))

    assert [path.name for path in Path("data/pets").iterdir()] == ["files.tar"]
    assert pins.expected_of("pets", Path("data.dvc")) == pins.measure(Path("data/pets")).md5


def test_a_folder_that_was_touched_and_not_changed_goes_on(project):
    settings = DatasetSettings(**OWN)
    fetch("pets", settings)
    os.utime("pictures/ant/0.png")

    check_changed(["pets"], {"pets": settings})


@pytest.mark.parametrize("change", ["a new file", "other bytes", "a file less"])
def test_a_folder_that_changed_stops_the_run_until_it_is_taken_anew(change, project):
    settings = DatasetSettings(**OWN)
    fetch("pets", settings)
    before = pins.expected_of("pets", Path("data.dvc"))
    if change == "a file less":
        Path("pictures/ant/0.png").unlink()
    else:
        name = "pictures/ant/0.png" if change == "other bytes" else "pictures/ant/new.png"
        Path(name).write_bytes(encoded(picture(), "PNG"))

    with pytest.raises(
        UserError, match="pictures has changed since data/pets was taken from it"
    ) as caught:
        check_changed(["pets"], {"pets": settings})
    assert "convbench fetch pets --config CONFIG --renew" in str(caught.value)
    assert pins.expected_of("pets", Path("data.dvc")) == before
    fetch("pets", settings, renew=True)

    check_changed(["pets"], {"pets": settings})
    assert pins.expected_of("pets", Path("data.dvc")) != before


def test_another_folder_or_archive_under_the_same_name_is_not_taken_for_the_old_one(project):
    """Its files may be older than what was taken from the first one."""
    other = project / "other"
    for name, content in folders(per_class=6).items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
        os.utime(other / name, (0, 0))
    fetch("pets", DatasetSettings(**OWN))

    with pytest.raises(UserError, match="other has changed since data/pets was taken from it"):
        fetch("pets", DatasetSettings(layout="folder", source=str(other)))
    archived = DatasetSettings(layout="folder", source="pets.zip", sha256="0" * 64)
    with pytest.raises(
        UserError, match="data/pets was made of another archive: the config says sha256 00"
    ):
        fetch("pets", archived)


def test_without_the_folder_the_pinned_copy_is_enough(project):
    """On another machine there is ``data/pets`` from ``dvc pull``, and no such folder."""
    settings = DatasetSettings(**OWN)
    fetch("pets", settings)
    (project / "pictures").rename(project / "elsewhere")

    check_changed(["pets"], {"pets": settings})
    fetch("pets", settings)


LAID_OUT_WRONG = {
    "no such folder": ({}, "source: 'pictures' is not a folder"),
    "loose images": (
        {"x.jpg": b"1", "ant/1.jpg": b"1"},
        "1 images lie outside any class, such as x.jpg",
    ),
    "one class": ({"ant/1.jpg": b"1"}, "one class, 'ant'; a folder a class is expected"),
    "an empty class": ({"ant/1.jpg": b"1", "bee/notes.txt": b"1"}, "no images in bee/"),
    "a class that training lacks": (
        {
            "train/ant/1.jpg": b"1",
            "train/bee/1.jpg": b"1",
            "test/ant/1.jpg": b"1",
            "test/cat/1.jpg": b"1",
        },
        "train has no images of cat",
    ),
}


@pytest.mark.parametrize("case", LAID_OUT_WRONG)
def test_a_folder_that_is_laid_out_wrong_is_refused_and_nothing_is_kept(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files, message = LAID_OUT_WRONG[case]
    for name, content in files.items():
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).write_bytes(content)

    with pytest.raises(UserError) as caught:
        fetch("pets", DatasetSettings(**OWN))

    assert message in str(caught.value)
    assert not any(Path("data").rglob("*"))


TABLES = {
    "no image column": (("a", "label"), [("x.png", "b")], "say with 'image_column' which column it is"),
    "no label column": (("image", "b"), [("x.png", "b")], "say with 'label_columns' which column it is"),
    "an empty label": (("image", "label"), [("x.png", "")], "label is empty in 1 rows (first ones: 2)"),
    "an image twice": (
        ("image", "label"),
        [("x.png", "a"), ("x.png", "b")],
        "'x.png' is listed more than once (rows 2, 3)",
    ),
    "a path outside": (("image", "label"), [("../x.png", "a")], "'../x.png' lies outside the folder"),
    "an absent image": (
        ("image", "label"),
        [("x.png", "a"), ("gone.png", "b")],
        "names 1 images that are not there: gone.png",
    ),
    "no rows": (("image", "label"), [], "has no rows"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_is_wrong_is_refused_by_column_and_row(case, project):
    header, rows, message = TABLES[case]
    Path("x.png").write_bytes(encoded(picture(), "PNG"))
    Path("mine.csv").write_bytes(table(header, rows))

    with pytest.raises(UserError) as caught:
        fetch("pets", DatasetSettings(layout="table", source="mine.csv"))

    assert message in str(caught.value)


def _prepare_table(rows, header=("image", "label", "split"), **settings):
    for n in range(len(rows)):
        Path(f"{n}.png").write_bytes(encoded(picture(), "PNG"))
    Path("mine.csv").write_bytes(table(header, [(f"{n}.png", *row) for n, row in enumerate(rows)]))
    given = DatasetSettings(layout="table", source="mine.csv", **settings)
    fetch("pets", given)
    prepare("pets", given, 16, "stretch", 1, Path("prepared"))


def test_a_split_that_is_none_is_named(project):
    with pytest.raises(UserError, match="split: 'holdout'; there are train, training, val"):
        _prepare_table([("a", "holdout"), ("b", "train")])


def test_a_column_of_labels_holds_0_and_1(project):
    with pytest.raises(UserError, match="fur, row 3: '2'; a column of labels holds 0 and 1"):
        _prepare_table([(0, 1), (1, 2)], ("image", "wings", "fur"), label_columns=["wings", "fur"])


def test_numbers_a_class_are_refused_for_several_labels(project):
    with pytest.raises(UserError, match="numbers of images a class need images of one label each"):
        _prepare_table(
            [(0, 1), (1, 0)] * 20,
            ("image", "wings", "fur"),
            label_columns=["wings", "fur"],
            train_per_class=3,
        )


def test_a_score_that_does_not_fit_the_labels_is_refused(project):
    with pytest.raises(UserError, match="images of this kind are scored by accuracy or"):
        _prepare_table([("a", "train"), ("b", "train")] * 9, score="mean_average_precision")


def test_inspecting_says_what_would_be_made_of_it(project, capsys):
    inspect(project / "pictures")

    printed = capsys.readouterr().out
    for part in (
        "18 images, 3 classes",
        "ant                                    6",
        "splits: none given; 70% for training, 15% for validation, 15% for the test would be drawn",
        "24 to 24 pixels wide, median 24",
        "modes: 18 RGB",
        f"datasets:\n  pictures:\n    layout: folder\n    source: {project / 'pictures'}",
    ):
        assert part in printed


def test_the_lines_that_inspecting_prints_make_a_config(project, capsys, values):
    import yaml

    inspect(project / "pictures")
    lines = yaml.safe_load(capsys.readouterr().out.partition("For a config:\n")[2])

    assert plan(values | lines, "mine.yaml").grid.datasets["pictures"].layout == "folder"


def test_inspecting_nothing_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="there is nothing at"):
        inspect(tmp_path / "absent")
