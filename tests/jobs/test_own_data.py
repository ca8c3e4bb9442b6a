"""A dataset of one's own: how it is described, and what happens when it changes."""

import os
from pathlib import Path

import pandas as pd
import pytest
from tests.layouts.replicas import encoded, folders, picture, table, zipped

from convbench.commands.inspect import inspect
from convbench.config.datasets import DatasetSettings
from convbench.config.grid import Grid
from convbench.data.download import pins
from convbench.data.prepared import open_prepared
from convbench.errors import UserError
from convbench.files import sha256
from convbench.jobs.fetch import check_changed, fetch
from convbench.jobs.prepare import prepare
from convbench.planning.plan import plan

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
    assert "'crop_flip' with digits: horizontal flips may change its labels" in message
    assert "'dihedral' with digits: rotation by any angle and horizontal flips and" in message
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
    described = _grid(values, **OWN, keeps=["colour"]) | {"augmentations": ["dihedral"]}

    assert plan(silent, "mine.yaml").runs
    with pytest.raises(UserError, match="'dihedral' with pets"):
        plan(described, "mine.yaml")


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
        UserError, match="pictures is not, or no longer, what data/pets was taken from: it holds other"
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

    with pytest.raises(UserError, match="other is not, or no longer, what data/pets was taken from"):
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
    "one class": ({"ant/1.jpg": b"1"}, "one class, 'ant'; a folder per class is expected"),
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


OF_ANOTHER_LAYOUT = {
    "a folder without a table": (
        {"layout": "table", "source": "pictures"},
        "there is no CSV, TSV or Parquet file among the files; images in a folder per class are 'layout",
    ),
    "a folder with two tables": (
        {"layout": "table", "source": "."},
        "say with 'table' which file it is; there are a.csv, b.csv",
    ),
    "a table that is not in the folder": (
        {"layout": "table", "source": ".", "table": "c.csv"},
        "table: 'c.csv' is not among the files",
    ),
    "a folder as arrays": (
        {"layout": "medmnist", "source": "pictures"},
        "'layout: medmnist' reads one .npz file, and pictures is none; a folder per class, or an "
        "archive",
    ),
    "an archive as arrays": (
        {"layout": "medmnist", "source": "x.zip", "sha256": "0" * 64},
        "'layout: medmnist' reads one .npz file, and x.zip is none",
    ),
    "arrays as a folder": (
        {"layout": "folder", "source": "x.npz", "sha256": "0" * 64},
        "'layout: folder' cannot read x.npz; 'layout: medmnist' does",
    ),
    "arrays at an address as a table": (
        {"layout": "table", "source": "https://x.invalid/x.npz?download=1", "sha256": "0" * 64},
        "'layout: table' cannot read https://x.invalid/x.npz?download=1; 'layout: medmnist' does",
    ),
    "a table as a folder": (
        {"layout": "folder", "source": "a.csv"},
        "'layout: folder' cannot read a.csv; 'layout: table' does",
    ),
}


@pytest.mark.parametrize("case", OF_ANOTHER_LAYOUT)
def test_a_layout_that_the_source_has_not_is_refused_before_anything_is_copied(case, project):
    for name in ("a.csv", "b.csv", "x.npz", "x.zip"):
        Path(name).write_bytes(b"image,label\n")
    settings, message = OF_ANOTHER_LAYOUT[case]

    with pytest.raises(UserError) as caught:
        fetch("pets", DatasetSettings(**settings))

    assert message in str(caught.value)
    assert not any(Path("data").rglob("*"))
    assert Path("data.dvc").read_text() == "outs: []\n"


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


def _prepare_table(rows, header=("image", "label", "split"), *, renew=False, **settings):
    for n in range(len(rows)):
        Path(f"{n}.png").write_bytes(encoded(picture(), "PNG"))
    Path("mine.csv").write_bytes(table(header, [(f"{n}.png", *row) for n, row in enumerate(rows)]))
    given = DatasetSettings(layout="table", source="mine.csv", **settings)
    fetch("pets", given, renew=renew)
    prepare("pets", given, 16, "stretch", 1, Path("prepared"))


PARQUET = {
    "one label": ([["ant"], ["bee"]], False, ["ant", "bee"]),
    "lists of labels": ([["wings", "legs"], [], ["legs"], None], True, ["legs; wings", "", "legs", ""]),
    "lists of numbers": ([[10, 9], [9]], True, ["9; 10", "9"]),
}


@pytest.mark.parametrize("kind", PARQUET)
def test_a_parquet_table_is_read_and_a_column_of_lists_is_several_labels(kind, project):
    labels, several, names = PARQUET[kind]
    rows = range(20 * len(labels))
    for n in rows:
        Path(f"{n}.png").write_bytes(encoded(picture(), "PNG"))
    column = [labels[n % len(labels)] for n in rows]
    if not several:
        column = [only for (only,) in column]
    pd.DataFrame({"image": [f"{n}.png" for n in rows], "labels": column}).to_parquet("mine.parquet")
    given = DatasetSettings(layout="table", source="mine.parquet")

    fetch("pets", given)
    prepare("pets", given, 16, "stretch", 1, Path("prepared"))

    index = pd.read_parquet("prepared/index.parquet").set_index("source")["class"]
    assert open_prepared(Path("prepared")).card.multi_label == several
    assert [index[f"{n}.png"] for n in rows] == [names[n % len(labels)] for n in rows]


def test_a_table_that_gives_no_image_a_label_is_refused(project):
    with pytest.raises(UserError, match="label gives no image a label"):
        _prepare_table([("",), ("",)], ("image", "label"), label_separator="|")


@pytest.mark.parametrize(("label", "separator"), [("cat", None), ("ant|cat", "|")])
def test_a_label_that_training_lacks_is_refused_in_a_table_too(label, separator, project):
    rows = [("ant", "train"), ("bee", "train"), ("ant", "test"), (label, "test")]

    with pytest.raises(UserError, match="pets: train has no images of cat"):
        _prepare_table(rows, label_separator=separator)
    assert not any(Path("data").rglob("*"))


def test_a_split_that_is_none_is_named(project):
    with pytest.raises(UserError, match="split: 'holdout'; there are train, training, val"):
        _prepare_table([("a", "holdout"), ("b", "train")])


def test_what_cannot_be_divided_is_told_with_the_datasets_name(project):
    rows = [("a", "train"), ("b", "train")] * 9 + [("a", "val"), ("b", "test")]
    with pytest.raises(UserError, match=r"^pets: too few train images for 10 a class: a \(9\), b \(9\)"):
        _prepare_table(rows, train_per_class=10)
    with pytest.raises(UserError, match=r"^pets: there are test images and no training images"):
        _prepare_table([("a", "test"), ("b", "test")] * 9, renew=True)


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


def test_files_that_are_no_images_read_here_are_named(project, capsys):
    for name in ("pictures/ant/a.heic", "pictures/bee/b.avif", "pictures/bee/.DS_Store"):
        Path(name).write_bytes(b"1")

    inspect(project / "pictures")
    assert "ignored, as no images: 2 files, such as ant/a.heic, bee/b.avif" in capsys.readouterr().out

    fetch("pets", DatasetSettings(**OWN))
    message = "left out, as no images that are read here: 2 files, such as ant/a.heic"
    assert message in capsys.readouterr().out


def test_preparing_an_archive_names_files_that_are_no_images_read_here(project, capsys):
    archive = zipped(project / "pets.zip", {**folders(per_class=6), "ant/a.heic": b"1"})
    given = DatasetSettings(layout="folder", source=str(archive), sha256=sha256(archive))
    fetch("pets", given)

    prepare("pets", given, 16, "stretch", 1, Path("prepared"))

    assert "read here: 1 files, such as ant/a.heic" in capsys.readouterr().out


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
