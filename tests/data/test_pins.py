import pytest
from dvc.repo import Repo

from convbench.data import pins
from convbench.errors import UserError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data" / "zoo"
    (folder / "katzen & hunde").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "katzen & hunde" / "größe.bin").write_bytes(b"\0\1\2")
    (folder / "empty").touch()
    return folder


def _pin(folder, md5):
    path = folder.parent.parent / "data.dvc"
    path.write_text(f"outs:\n- path: data/{folder.name}\n  hash: md5\n  md5: {md5}\n")
    return path


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # DVC and its pygtrie
def test_the_digest_is_the_one_that_dvc_computes(folder, monkeypatch):
    monkeypatch.chdir(folder.parent.parent)
    repo = Repo.init(no_scm=True)
    (stage,) = repo.add(str(folder))
    repo.close()

    measured = pins.measure(folder)

    assert measured.md5 == stage.outs[0].hash_info.value
    assert measured.nfiles == 3
    assert measured.size == 6


def test_what_is_pinned_passes(folder):
    found = pins.measure(folder)

    assert pins.check(folder, _pin(folder, found.md5)) == found


def test_a_changed_byte_is_refused_with_both_digests(folder):
    before = pins.measure(folder)
    path = _pin(folder, before.md5)
    (folder / "a.txt").write_text("two")

    with pytest.raises(UserError) as caught:
        pins.check(folder, path)

    assert before.md5 in str(caught.value)
    assert pins.measure(folder).md5 in str(caught.value)


def test_a_renamed_file_is_refused(folder):
    path = _pin(folder, pins.measure(folder).md5)
    (folder / "a.txt").rename(folder / "b.txt")

    with pytest.raises(UserError, match="is not what"):
        pins.check(folder, path)


def test_an_unpinned_folder_is_refused_with_the_pin_to_add(folder):
    path = folder.parent.parent / "data.dvc"
    path.write_text("outs:\n- path: data/other\n  hash: md5\n")

    with pytest.raises(UserError, match=f"md5: {pins.measure(folder).md5}"):
        pins.check(folder, path)


@pytest.mark.parametrize("text", ["", "outs: 3", "[", "stages: []"])
def test_a_broken_pin_file_is_named(folder, text):
    path = folder.parent.parent / "data.dvc"
    path.write_text(text)

    with pytest.raises(UserError, match=r"data\.dvc is not a DVC file"):
        pins.check(folder, path)


def test_a_missing_pin_file_is_named(folder):
    with pytest.raises(UserError, match=r"data\.dvc is missing"):
        pins.check(folder, folder.parent.parent / "data.dvc")
