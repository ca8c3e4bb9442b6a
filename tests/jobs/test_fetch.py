import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from convbench.config.datasets import DatasetSettings
from convbench.data import DATASETS
from convbench.data.download import pins
from convbench.errors import UserError
from convbench.files import read_json
from convbench.jobs import fetch as stage
from convbench.jobs.fetch import check_all, check_changed, fetch, pin_of
from convbench.jobs.prepare import prepare
from convbench.results.folders import MARKERS


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the digits pinned and nothing fetched."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").mkdir()
    DATASETS["digits"].fetch(tmp_path / "made")
    md5 = pins.measure(tmp_path / "made").md5
    (tmp_path / "data.dvc").write_text(f"outs:\n- path: data/digits\n  hash: md5\n  md5: {md5}\n")
    MARKERS.mkdir(parents=True)
    return tmp_path


MARKER = MARKERS / "digits.json"
AS_IT_IS = DatasetSettings()


def test_a_fetched_dataset_is_the_pinned_one(project):
    fetch("digits", AS_IT_IS)

    assert read_json(MARKER)["md5"] == pins.measure(project / "made").md5
    assert [path.name for path in Path("data").iterdir()] == ["digits"]


def test_what_is_there_already_is_checked_and_kept(project):
    (project / "data").mkdir()
    (project / "made").rename(project / "data" / "digits")
    before = (project / "data" / "digits").stat().st_ino

    fetch("digits", AS_IT_IS)

    assert (project / "data" / "digits").stat().st_ino == before


def test_a_fetch_that_breaks_leaves_nothing(project, monkeypatch):
    def broken(folder):
        (folder / "images.npy").write_bytes(b"half")
        raise ConnectionError("cut")

    monkeypatch.setattr(stage, "dataset_of", lambda *_: replace(DATASETS["digits"], fetch=broken))

    with pytest.raises(ConnectionError):
        fetch("digits", AS_IT_IS)

    assert list(Path("data").iterdir()) == []
    assert not MARKER.exists()


def test_a_corrupted_file_is_found_before_any_work(project):
    fetch("digits", AS_IT_IS)
    check_changed(["digits"], {})
    images = project / "data" / "digits" / "images.npy"
    images.write_bytes(images.read_bytes()[:-1] + b"\x7f")
    os.utime(images, (0, 0))  # as cp -p would: the change looks old

    with pytest.raises(
        UserError, match=r"data/digits is not what data\.dvc pins: expected \w+\.dir, found"
    ):
        check_changed(["digits"], {})
    with pytest.raises(UserError, match="is not what"):
        prepare("digits", AS_IT_IS, 8, "stretch", 2, project / "prepared")


def test_a_file_that_was_only_touched_is_fine(project):
    fetch("digits", AS_IT_IS)
    (project / "data" / "digits" / "labels.npy").touch()

    check_changed(["digits"], {})


def test_a_file_that_was_removed_is_found_before_any_work(project):
    fetch("digits", AS_IT_IS)
    (project / "data" / "digits" / "labels.npy").unlink()

    with pytest.raises(UserError, match="is not what"):
        check_changed(["digits"], {})
    with pytest.raises(UserError, match="is not what"):
        check_all(["digits"])


def test_following_the_messages_advice_makes_the_data_again(project):
    fetch("digits", AS_IT_IS)
    shutil.rmtree(project / "data" / "digits")
    check_changed(["digits"], {})  # what was prepared from it is still good

    with pytest.raises(
        UserError, match="data/digits is missing; have it made with: convbench fetch digits"
    ):
        prepare("digits", AS_IT_IS, 8, "stretch", 2, project / "prepared")
    marker = MARKER.read_text()
    fetch("digits", AS_IT_IS)

    check_all(["digits"])
    assert MARKER.read_text() == marker  # so that nothing becomes stale by it


def test_the_pin_of_a_dataset_is_its_own(project):
    assert pin_of("digits") == pins.measure(project / "made").md5
    assert pin_of("letters") == "none"


def test_an_unknown_dataset_is_refused_with_the_known_ones(project):
    with pytest.raises(UserError, match="no dataset 'digit'; there are digits, letters"):
        fetch("digit", AS_IT_IS)


def test_what_has_no_pin_yet_is_pinned(project, capsys):
    Path("data.dvc").write_text("outs: []\n")

    fetch("digits", AS_IT_IS)

    pinned = pins.measure(project / "made")
    assert pins.check("digits", Path("data/digits"), Path("data.dvc")) == pinned
    assert f"data/digits is pinned in data.dvc now: {pinned.md5}, 2 files" in capsys.readouterr().out


def test_what_is_pinned_anew_leaves_the_other_pins(project):
    Path("data.dvc").write_text("outs:\n- path: data/other\n  hash: md5\n  md5: abc.dir\n")

    fetch("digits", AS_IT_IS)

    pinned = [pins.expected_of(name, Path("data.dvc")) for name in ("other", "digits")]
    assert pinned == ["abc.dir", pins.measure(project / "made").md5]


def test_what_is_there_without_a_pin_is_not_prepared(project):
    fetch("digits", AS_IT_IS)
    Path("data.dvc").write_text("outs: []\n")

    with pytest.raises(UserError, match=r"has no pin in data\.dvc; convbench fetch digits adds it"):
        prepare("digits", AS_IT_IS, 8, "stretch", 2, project / "prepared")


def test_a_dataset_that_is_renewed_is_made_again_and_pinned(project, monkeypatch):
    fetch("digits", AS_IT_IS)
    new = replace(DATASETS["digits"], fetch=lambda folder: (folder / "a.txt").write_text("new"))
    monkeypatch.setattr(stage, "dataset_of", lambda *_: new)

    fetch("digits", AS_IT_IS, renew=True)

    assert [path.name for path in Path("data/digits").iterdir()] == ["a.txt"]
    assert pin_of("digits") == pins.measure(Path("data/digits")).md5 == read_json(MARKER)["md5"]


def test_a_renewal_that_breaks_leaves_what_was_there(project, monkeypatch):
    def broken(_):
        raise ConnectionError("cut")

    fetch("digits", AS_IT_IS)
    monkeypatch.setattr(stage, "dataset_of", lambda *_: replace(DATASETS["digits"], fetch=broken))

    with pytest.raises(ConnectionError):
        fetch("digits", AS_IT_IS, renew=True)

    check_all(["digits"])


def test_the_pin_that_the_first_fetch_sets_makes_nothing_stale_and_another_one_does(project):
    Path("data.dvc").write_text("outs: []\n")
    before = pin_of("digits")

    fetch("digits", AS_IT_IS)

    assert pin_of("digits") == before == "none"
    pins.write("digits", pins.Pin("other.dir", 1, 1), Path("data.dvc"))
    assert pin_of("digits") == "other.dir"


def test_what_a_killed_fetch_left_is_removed_by_the_next_one(project):
    for left in (".digits.k1ll3d", ".digits_2.k1ll3d"):
        (project / "data" / left).mkdir(parents=True)
        (project / "data" / left / "half.npy").write_bytes(b"half")

    fetch("digits", AS_IT_IS)

    assert sorted(path.name for path in Path("data").iterdir()) == [".digits_2.k1ll3d", "digits"]


def test_what_another_fetch_is_at_stays(project):
    with stage._made("digits", DATASETS["digits"]) as draft:
        fetch("digits", AS_IT_IS)

        assert draft.is_dir()


def test_verifying_says_what_was_verified(project, capsys):
    fetch("digits", AS_IT_IS)
    capsys.readouterr()

    check_all(["digits"])

    pin = pins.measure(Path("data/digits"))
    assert capsys.readouterr().out == (
        f"data/digits is what data.dvc pins: {pin.md5}, 2 files, {pin.size:,} bytes\n"
    )
