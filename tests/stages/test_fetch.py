import os
import shutil
from pathlib import Path

import pytest

from convbench.data import DATASETS, pins
from convbench.errors import UserError
from convbench.files import read_json
from convbench.stages import fetch as stage
from convbench.stages.fetch import check_all, check_changed, fetch, pin_of
from convbench.stages.prepare import prepare
from convbench.stages.runs import MARKERS


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


def test_a_fetched_dataset_is_the_pinned_one(project):
    fetch("digits")

    assert read_json(MARKER)["md5"] == pins.measure(project / "made").md5
    assert [path.name for path in Path("data").iterdir()] == ["digits"]


def test_what_is_there_already_is_checked_and_kept(project):
    (project / "data").mkdir()
    (project / "made").rename(project / "data" / "digits")
    before = (project / "data" / "digits").stat().st_ino

    fetch("digits")

    assert (project / "data" / "digits").stat().st_ino == before


def test_a_fetch_that_breaks_leaves_nothing(project, monkeypatch):
    def broken(folder):
        (folder / "images.npy").write_bytes(b"half")
        raise ConnectionError("cut")

    monkeypatch.setattr(
        stage, "DATASETS", {"digits": type("Broken", (), {"fetch": staticmethod(broken)})}
    )

    with pytest.raises(ConnectionError):
        fetch("digits")

    assert list(Path("data").iterdir()) == []
    assert not MARKER.exists()


def test_a_corrupted_file_is_found_before_any_work(project):
    fetch("digits")
    check_changed(["digits"])
    images = project / "data" / "digits" / "images.npy"
    images.write_bytes(images.read_bytes()[:-1] + b"\x7f")
    os.utime(images, (0, 0))  # as cp -p would: the change looks old

    with pytest.raises(
        UserError, match=r"data/digits is not what data\.dvc pins: expected \w+\.dir, found"
    ):
        check_changed(["digits"])
    with pytest.raises(UserError, match="is not what"):
        prepare("digits", 8, project / "prepared")


def test_a_file_that_was_only_touched_is_fine(project):
    fetch("digits")
    (project / "data" / "digits" / "labels.npy").touch()

    check_changed(["digits"])


def test_a_file_that_was_removed_is_found_before_any_work(project):
    fetch("digits")
    (project / "data" / "digits" / "labels.npy").unlink()

    with pytest.raises(UserError, match="is not what"):
        check_changed(["digits"])
    with pytest.raises(UserError, match="is not what"):
        check_all(["digits"])


def test_following_the_messages_advice_makes_the_data_again(project):
    fetch("digits")
    shutil.rmtree(project / "data" / "digits")
    check_changed(["digits"])  # what was prepared from it is still good

    with pytest.raises(
        UserError, match="data/digits is missing; have it made with: convbench fetch digits"
    ):
        prepare("digits", 8, project / "prepared")
    marker = MARKER.read_text()
    fetch("digits")

    check_all(["digits"])
    assert MARKER.read_text() == marker  # so that nothing becomes stale by it


def test_the_pin_of_a_dataset_is_its_own(project):
    assert pin_of("digits") == pins.measure(project / "made").md5
    assert pin_of("letters") == "none"


def test_an_unknown_dataset_is_refused_with_the_known_ones(project):
    with pytest.raises(UserError, match="no dataset 'digit'; there are digits, letters"):
        fetch("digit")
