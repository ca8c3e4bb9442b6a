from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from dvc.repo import Repo

from convbench.data.download import pins
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

    assert pins.check("zoo", folder, _pin(folder, found.md5)) == found


def test_a_changed_byte_is_refused_with_both_digests(folder):
    before = pins.measure(folder)
    path = _pin(folder, before.md5)
    (folder / "a.txt").write_text("two")

    with pytest.raises(UserError) as caught:
        pins.check("zoo", folder, path)

    assert before.md5 in str(caught.value)
    assert pins.measure(folder).md5 in str(caught.value)


def test_a_renamed_file_is_refused(folder):
    path = _pin(folder, pins.measure(folder).md5)
    (folder / "a.txt").rename(folder / "b.txt")

    with pytest.raises(UserError, match="is not what"):
        pins.check("zoo", folder, path)


OTHERS = "outs:\n- path: data/other\n  hash: md5\n  md5: abc.dir\n"


@pytest.fixture
def others(folder):
    """A pin file that pins another dataset."""
    path = folder.parent.parent / "data.dvc"
    path.write_text(OTHERS)
    return path


def test_an_unpinned_folder_is_refused_with_the_command_that_pins_it(folder, others):
    with pytest.raises(UserError, match=r"has no pin in .*data\.dvc; convbench fetch zoo adds it"):
        pins.check("zoo", folder, others)


def test_a_pin_that_was_written_is_the_one_that_is_checked(folder, others):
    found = pins.measure(folder)

    pins.write("zoo", found, others)

    assert pins.check("zoo", folder, others) == found


def test_a_new_pin_leaves_the_others_as_they_are(folder, others):
    before = yaml.safe_load(OTHERS)["outs"]

    pins.write("zoo", pins.measure(folder), others)

    assert yaml.safe_load(others.read_text())["outs"][:-1] == before


def test_a_pin_that_is_written_again_replaces_the_old_one(folder, others):
    pins.write("zoo", pins.measure(folder), others)
    (folder / "a.txt").write_text("two")
    after = pins.measure(folder)

    pins.write("zoo", after, others)

    pinned = {out["path"]: out["md5"] for out in yaml.safe_load(others.read_text())["outs"]}
    assert pinned == {"data/other": "abc.dir", "data/zoo": after.md5}


def test_one_of_a_family_has_a_pin_of_its_own(folder, others):
    found = pins.measure(folder)

    pins.write("family/zoo", found, others)

    assert (pins.expected_of("family/zoo", others), pins.expected_of("zoo", others)) == (found.md5, None)


def test_pins_written_at_the_same_time_are_all_kept(folder, others):
    found = pins.measure(folder)
    names = [f"zoo{number}" for number in range(16)]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: pins.write(name, found, others), names))

    assert [name for name in names if pins.expected_of(name, others) is None] == []


@pytest.mark.parametrize("text", ["", "outs: 3", "[", "stages: []"])
def test_a_broken_pin_file_is_named(folder, text):
    path = folder.parent.parent / "data.dvc"
    path.write_text(text)

    with pytest.raises(UserError, match=r"data\.dvc is not a DVC file"):
        pins.check("zoo", folder, path)


def test_a_missing_pin_file_is_named(folder):
    with pytest.raises(UserError, match=r"data\.dvc is missing"):
        pins.check("zoo", folder, folder.parent.parent / "data.dvc")
