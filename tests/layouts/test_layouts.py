"""Every layout, from a server on this machine to a trained epoch."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from convbench.config.datasets import DatasetSettings
from convbench.data import DATASETS, caltech101
from convbench.data.download import published
from convbench.data.download.remote import Remote
from convbench.data.prepared import open_prepared
from convbench.files import read_json
from convbench.jobs.audit import audit
from convbench.jobs.fetch import fetch
from convbench.jobs.prepare import prepare
from convbench.jobs.train import train
from tests.layouts.conftest import digest_of
from tests.layouts.replicas import REPLICAS, encoded, folders, picture, table, tar, zipped

NUMBERS = {"caltech101": {"train_per_class": 3}}
"""Of images a class, where the replica has fewer than the real set."""


def _serve(name, server, monkeypatch):
    """Put a replica on the server, and let the dataset be fetched from there."""
    remotes = [
        Remote(path.name, f"md5:{digest_of(path, 'md5')}", (f"{server.address}/{path.name}",))
        for path in REPLICAS[name](server.folder)
    ]
    if name == "caltech101":
        monkeypatch.setattr(caltech101, "_IMAGES", remotes[0])
    else:
        changed = replace(DATASETS[name], fetch=published.fetch(*remotes))
        monkeypatch.setitem(DATASETS, name, changed)


def _run(name, settings, spec):
    """Take a dataset all the way; return it prepared, its audit and the metrics of one epoch."""
    prepared = Path("prepared")
    fetch(name, settings)
    prepare(name, settings, 16, "stretch", 2, prepared)
    audit(prepared, Path("audit.json"))
    short = spec.model_copy(
        update={
            "dataset": name,
            "image_size": 16,
            "hyperparameters": spec.hyperparameters.model_copy(update={"epochs": 1, "batch_size": 16}),
        }
    )
    train(short, prepared, None, Path("run"), None)
    return open_prepared(prepared), read_json(Path("audit.json")), read_json(Path("run/metrics.json"))


@pytest.mark.parametrize("name", REPLICAS)
def test_a_published_dataset_goes_all_the_way(name, server, project, spec, monkeypatch):
    _serve(name, server, monkeypatch)
    settings = DatasetSettings(**NUMBERS.get(name, {}))

    data, audited, metrics = _run(name, settings, spec)

    assert metrics["outcome"] == "finished", metrics["reason"]
    assert data.card.multi_label == DATASETS[name].multi_label
    assert set(data.card.images) == {"train", "val", "test"}
    assert len(audited["classes"]) == len(data.card.classes)
    assert not data.card.skipped
    assert metrics["test_score"] is not None


def _facts(name, server, project, monkeypatch, **settings):
    _serve(name, server, monkeypatch)
    given = DatasetSettings(**settings)
    fetch(name, given)
    prepare(name, given, 16, "stretch", 2, Path("prepared"))
    return open_prepared(Path("prepared")), pd.read_parquet("prepared/index.parquet")


def test_cifar10_keeps_its_official_test_split(server, project, monkeypatch):
    data, index = _facts("cifar10", server, project, monkeypatch)

    assert data.card.images == {"train": 90, "val": 10, "test": 20}
    assert data.card.made_here == ["val"]
    assert set(index["source"][index["split"] == "test"]) == {f"test_batch[{n}]" for n in range(20)}
    assert DATASETS["cifar10"].train_images == 45_000


def test_cifar10_pixels_are_where_they_were(server, project, monkeypatch):
    """Channels, rows, columns: a wrong order of axes would still train."""
    import pickle
    import tarfile

    _serve("cifar10", server, monkeypatch)
    fetch("cifar10", DatasetSettings())
    prepare("cifar10", DatasetSettings(), 32, "stretch", 1, Path("prepared"))
    data = open_prepared(Path("prepared"))
    with tarfile.open("data/cifar10/cifar-10-python.tar.gz") as archive:
        batch = pickle.load(archive.extractfile("cifar-10-batches-py/data_batch_1"), encoding="bytes")

    red, green, blue = (batch[b"data"][3][1024 * c : 1024 * (c + 1)].reshape(32, 32) for c in range(3))

    assert np.array_equal(data.pixels[3], np.stack([red, green, blue], axis=-1))


def test_caltech101_leaves_the_background_out_and_scores_by_class(server, project, monkeypatch):
    data, index = _facts("caltech101", server, project, monkeypatch, train_per_class=3)

    assert len(data.card.classes) == 101
    assert "BACKGROUND_Google" not in data.card.classes
    assert data.card.score == "balanced_accuracy"
    train = Counter(index["class"][index["split"] == "train"])
    assert set(train.values()) == {3}
    assert DATASETS["caltech101"].splitting.train == 30


@pytest.mark.usefixtures("no_waiting")
def test_caltech101_comes_out_of_the_record_that_holds_it_today(server, project, monkeypatch):
    """One zip with the archive in it: what is kept is the archive alone."""
    (images,) = REPLICAS["caltech101"](server.folder)
    files = {
        f"caltech-101/{images.name}": images.read_bytes(),
        "caltech-101/Annotations.tar": b"others",
        "__MACOSX/caltech-101/._x": b"others",
    }
    whole = zipped(server.folder / "caltech-101.zip", files)
    digest = digest_of(images)
    images.unlink()
    gone = (f"{server.address}/{images.name}",)
    monkeypatch.setattr(caltech101, "_IMAGES", Remote(images.name, f"sha256:{digest}", gone))
    there = (f"{server.address}/absent.zip", f"{server.address}/{whole.name}")
    monkeypatch.setattr(caltech101, "_WHOLE", Remote(whole.name, f"sha256:{digest_of(whole)}", there))

    fetch("caltech101", DatasetSettings())

    assert list(dict.fromkeys(server.asked)) == [images.name, "absent.zip", whole.name]
    assert [path.name for path in Path("data/caltech101").iterdir()] == [images.name]
    assert digest_of(Path("data/caltech101") / images.name) == digest
    prepare("caltech101", DatasetSettings(**NUMBERS["caltech101"]), 16, "stretch", 2, Path("prepared"))
    assert len(open_prepared(Path("prepared")).card.classes) == 101


def test_stanford_dogs_are_split_as_the_lists_say(server, project, monkeypatch):
    data, index = _facts("stanford_dogs", server, project, monkeypatch)

    assert data.card.classes[:2] == ["Breed_0", "Breed_1"]
    assert data.card.made_here == ["val"]
    assert {source[-6:] for source in index["source"][index["split"] == "test"]} == {"_3.jpg"}
    assert DATASETS["stanford_dogs"].drawn_from == {"imagenet"}


def test_planet_amazon_has_the_labels_of_its_table(server, project, monkeypatch):
    data, index = _facts("planet_amazon", server, project, monkeypatch)

    assert len(data.card.classes) == 17
    shown = dict(zip(index["source"], index["class"], strict=True))
    import zipfile

    with zipfile.ZipFile("data/planet_amazon/planets-dataset.zip") as archive:
        truth = pd.read_csv(archive.open("train_v2.csv"))
    for name, tags in zip(truth["image_name"], truth["tags"], strict=True):
        assert sorted(shown[f"train-jpg/{name}.jpg"].split("; ")) == sorted(tags.split())


def test_severstal_steel_includes_images_without_a_defect(server, project, monkeypatch):
    _, index = _facts("severstal_steel", server, project, monkeypatch)

    assert len(index) == 40
    assert (index["class"] == "").sum() == 20
    assert index.set_index("source").loc["train_images/000000001.jpg", "class"] == "defect_1; defect_2"


def test_severstal_steel_reads_its_first_table_too(project):
    """Four rows an image, those without a mask empty."""
    images = Path("data/severstal_steel/train_images")
    images.mkdir(parents=True)
    rows = []
    for n in range(20):
        (images / f"{n}.jpg").write_bytes(encoded(picture(160, 26)))
        rows += [(f"{n}.jpg_{kind}", "5 3" if n % 5 == kind else "") for kind in (1, 2, 3, 4)]
    content = table(("ImageId_ClassId", "EncodedPixels"), rows)
    (images.parent / "train.csv").write_bytes(content)

    listing = DATASETS["severstal_steel"].read(images.parent, project)

    found = {sample.source: sample.label for sample in listing.samples}
    assert found == {f"train_images/{n}.jpg": (n % 5 - 1,) if n % 5 else () for n in range(20)}


def test_what_other_systems_leave_in_archives_is_passed_over(server, project):
    files = {f"mine/{name}": content for name, content in folders(per_class=5).items()}
    rubbish = {f"__MACOSX/{name}": b"x" for name in files} | {
        "mine/ant/.DS_Store": b"x",
        "mine/Thumbs.db": b"x",
    }
    archive = zipped(server.folder / "mine.zip", files | rubbish)
    given = DatasetSettings(layout="folder", source=str(archive), sha256=digest_of(archive))

    fetch("mine", given)
    prepare("mine", given, 16, "stretch", 1, Path("prepared"))

    assert len(pd.read_parquet("prepared/index.parquet")) == 15


def test_the_color_folder_of_another_system_is_passed_over(tmp_path):
    from convbench.data.download.published import unpacked

    files = {"__MACOSX/color/x": b"1", "deep/down/color/x": b"1"}
    zipped(tmp_path / "x.zip", files)
    (tmp_path / "scratch").mkdir()

    assert unpacked(tmp_path, tmp_path / "scratch", "color").name == "down"


def test_neu_steel_reads_both_ways_of_naming(server, project, monkeypatch):
    data, index = _facts("neu_steel", server, project, monkeypatch)

    assert Counter(index["class"]) == dict.fromkeys(data.card.classes, 5)


def test_plant_village_reads_the_color_folder_alone(server, project, monkeypatch):
    data, index = _facts("plant_village", server, project, monkeypatch)

    assert len(data.card.classes) == 38
    assert len(index) == 38 * 5
    assert "colour" not in DATASETS["plant_village"].keeps


OWN = {
    "a folder per class": ({}, folders(), {}),
    "a folder in a folder": ({}, {f"pets/{name}": content for name, content in folders().items()}, {}),
    "train, val and test": ({}, folders(splits=("train", "val", "test")), {}),
    "train and test": ({}, folders(splits=("Training", "test")), {"made": ["val"]}),
    "train and valid": ({}, folders(splits=("train", "valid")), {"made": ["test"]}),
    "numbers of images": (
        {"train_per_class": 5, "val_per_class": 2, "test_per_class": 3},
        folders(),
        {"images": {"train": 15, "val": 6, "test": 9}},
    ),
}


@pytest.mark.parametrize("case", OWN)
@pytest.mark.parametrize("kind", ["tar.gz", "tar.xz", "zip"])
def test_an_archive_of_ones_own_goes_all_the_way(case, kind, server, project, spec):
    settings, files, facts = OWN[case]
    archive = server.folder / f"mine.{kind}"
    zipped(archive, files) if kind == "zip" else tar(archive, files, f"w:{kind[4:]}")
    given = DatasetSettings(
        layout="folder", source=f"{server.address}/mine.{kind}", sha256=digest_of(archive), **settings
    )

    data, _, metrics = _run("mine", given, spec)

    assert metrics["outcome"] == "finished", metrics["reason"]
    assert data.card.classes == ["ant", "bee", "cat"]
    assert data.card.made_here == facts.get("made", data.card.made_here)
    assert data.card.images == facts.get("images", data.card.images)


@pytest.mark.parametrize("name", ["pneumoniamnist", "chestmnist"])
@pytest.mark.parametrize("place", ["a path", "an address"])
def test_arrays_of_ones_own_go_all_the_way(name, place, server, project, spec):
    (archive,) = REPLICAS[f"medmnist/{name}"](server.folder)
    source = str(archive) if place == "a path" else f"{server.address}/{archive.name}"
    given = DatasetSettings(layout="medmnist", source=source, sha256=digest_of(archive))

    data, _, metrics = _run("mine", given, spec)

    assert metrics["outcome"] == "finished", metrics["reason"]
    assert [path.name for path in Path("data/mine").iterdir()] == [archive.name]
    assert data.card.made_here == []
    assert data.card.multi_label == (name == "chestmnist")
    with np.load(archive) as arrays:
        count = len(arrays["val_labels"])
        several = data.card.multi_label
        truth = arrays["val_labels"] if several else arrays["val_labels"][:, 0]
    assert data.card.images["val"] == count
    assert np.array_equal(data.labels[data.rows("val")], truth)
    width = 14 if several else 2
    assert data.card.classes == [str(number) for number in range(width)]  # the file has no names


def _table(kind):
    images = [f"pictures/{n}.png" for n in range(36)]
    names = ("ant", "bee", "cat")
    if kind == "one label":
        return table(("file", "label"), [(i, names[n % 3]) for n, i in enumerate(images)]), {}
    if kind == "with splits":
        splits = ("train", "train", "train", "train", "val", "test")
        rows = [(i, names[n % 3], splits[n // 6]) for n, i in enumerate(images)]
        return table(("image", "class", "split"), rows), {}
    if kind == "columns of 0 and 1":
        rows = [(i, n % 2, int(n % 3 == 0), int(n % 5 == 0)) for n, i in enumerate(images)]
        return table(("image", "wings", "legs", "fur"), rows), {
            "label_columns": ["wings", "legs", "fur"]
        }
    rows = [(i, "|".join(names[: n % 4])) for n, i in enumerate(images)]
    return table(("image", "tags"), rows), {"label_separator": "|"}


@pytest.mark.parametrize("kind", ["one label", "with splits", "columns of 0 and 1", "a separator"])
@pytest.mark.parametrize("place", ["an archive", "a folder"])
def test_a_table_of_ones_own_goes_all_the_way(kind, place, server, project, spec, tmp_path):
    content, settings = _table(kind)
    pictures = {f"pictures/{n}.png": png for n, png in enumerate(folders(per_class=12).values())}
    if place == "an archive":
        archive = zipped(server.folder / "mine.zip", {"labels.csv": content, **pictures})
        where = {"source": f"{server.address}/mine.zip", "sha256": digest_of(archive)}
    else:
        for name, each in {"labels.csv": content, **pictures}.items():
            (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "own" / name).write_bytes(each)
        where = {"source": str(tmp_path / "own" / "labels.csv")}

    data, _, metrics = _run("mine", DatasetSettings(layout="table", **where, **settings), spec)

    assert metrics["outcome"] == "finished", metrics["reason"]
    several = kind in ("columns of 0 and 1", "a separator")
    assert data.card.multi_label == several
    assert (metrics["test_f2"] is not None) == several
