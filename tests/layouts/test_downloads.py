"""Downloads that go wrong: a clear message, and nothing half-written."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from convbench.config.datasets import DatasetSettings
from convbench.data.download.archives import unpack
from convbench.data.download.remote import Remote, download
from convbench.errors import UserError
from convbench.jobs.fetch import fetch
from convbench.jobs.prepare import prepare
from tests.layouts.conftest import digest_of
from tests.layouts.replicas import folders, tar, zipped

pytestmark = pytest.mark.usefixtures("no_waiting")


def _mine(server, name="mine.zip", sha256=None):
    path = server.folder / name
    if not path.exists():
        zipped(path, folders())
    return DatasetSettings(
        layout="folder", source=f"{server.address}/{name}", sha256=sha256 or digest_of(path)
    )


def _left_in_data():
    return sorted(str(path) for path in Path("data").rglob("*"))


def test_a_cut_connection_is_tried_again(server, project):
    settings = _mine(server)
    server.cut["mine.zip"] = 2

    fetch("mine", settings)

    assert server.asked == ["mine.zip"] * 3
    assert digest_of(Path("data/mine/mine.zip")) == settings.sha256


def test_a_connection_that_is_always_cut_leaves_nothing(server, project):
    settings = _mine(server)
    server.cut["mine.zip"] = 99

    with pytest.raises(
        UserError, match=r"mine\.zip could not be fetched:\n  http://127.*IncompleteRead"
    ):
        fetch("mine", settings)

    assert _left_in_data() == []


def test_wrong_bytes_are_told_with_both_digests_and_leave_nothing(server, project):
    _mine(server)
    found = digest_of(server.folder / "mine.zip")

    with pytest.raises(UserError) as caught:
        fetch("mine", _mine(server, sha256="0" * 64))

    assert "0" * 64 in str(caught.value)
    assert found in str(caught.value)
    assert "If you have the file" not in str(caught.value)
    assert _left_in_data() == []


@pytest.mark.parametrize(
    ("mirror", "why"),
    [("absent", "there is no folder"), (".", "the folder is there, and no such file in it")],
)
def test_a_mirror_that_lacks_the_file_is_told(mirror, why, project, monkeypatch):
    monkeypatch.setenv("CONVBENCH_MIRROR", str(project / mirror))

    with pytest.raises(UserError) as caught:
        download(Remote("x.zip", f"sha256:{'0' * 64}", ("/no/such/x.zip",)), project)

    assert f"{project / mirror}/x.zip: {why}" in str(caught.value)
    assert f"CONVBENCH_MIRROR is '{project / mirror}', which comes first" in str(caught.value)
    assert "If you have the file" not in str(caught.value)


def test_a_mirror_that_fails_gives_way_to_the_next(server, project):
    settings = _mine(server)
    places = (f"{server.address}/absent.zip", "/no/such/folder/mine.zip", settings.source[0])

    fetch("mine", settings.model_copy(update={"source": places}))

    assert Path("data/mine/absent.zip").exists()  # called as the first place calls it


def test_every_place_that_failed_is_told(server, project):
    remote = Remote("x.zip", f"sha256:{'0' * 64}", (f"{server.address}/x.zip", "/no/such/x.zip"))

    with pytest.raises(UserError) as caught:
        download(remote, project)

    assert "404" in str(caught.value)
    assert "/no/such/x.zip: there is no folder /no/such\n" in str(caught.value)
    assert "CONVBENCH_MIRROR=FOLDER" in str(caught.value)


@pytest.mark.parametrize("kind", ["folder", "address"])
def test_the_mirror_comes_first(kind, server, project, monkeypatch):
    settings = _mine(server)
    here = str(server.folder) if kind == "folder" else server.address
    monkeypatch.setenv("CONVBENCH_MIRROR", here)

    fetch("mine", settings.model_copy(update={"source": ("https://unreachable.invalid/mine.zip",)}))

    assert digest_of(Path("data/mine/mine.zip")) == settings.sha256


def test_a_mirror_with_other_bytes_gives_way_to_the_source(server, project, monkeypatch, tmp_path):
    settings = _mine(server)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "mine.zip").write_bytes(b"something else")
    monkeypatch.setenv("CONVBENCH_MIRROR", str(tmp_path / "mirror"))

    fetch("mine", settings)

    assert digest_of(Path("data/mine/mine.zip")) == settings.sha256


def test_an_archive_at_a_path_is_copied_and_checked(server, project):
    settings = _mine(server)
    local = settings.model_copy(update={"source": (str(server.folder / "mine.zip"),)})

    fetch("mine", local)

    assert not Path("data/mine/mine.zip").samefile(server.folder / "mine.zip")
    wrong = local.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(UserError, match="its sha256 should be 0000"):
        fetch("other", wrong)


EVIL = {
    "up and out": "../evil.jpg",
    "further in, then out": "ant/../../evil.jpg",
    "absolute": "/tmp/evil.jpg",
    "windows": "..\\evil.jpg",
}


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("case", EVIL)
def test_an_archive_that_leaves_its_folder_is_refused(kind, case, server, project):
    archive = server.folder / f"mine.{kind}"
    files = {**folders(per_class=3), EVIL[case]: b"evil"}
    tar(archive, files, "w") if kind == "tar" else zipped(archive, files)
    settings = _mine(server, archive.name)
    fetch("mine", settings)

    with pytest.raises(UserError, match=r"is not safe to unpack: it holds '.*evil\.jpg'"):
        prepare("mine", settings, 16, "stretch", 1, project / "prepared")

    assert list(project.parent.rglob("evil*")) == []
    assert not any((project / "prepared").rglob("*"))


FILE, FOLDER, LINK, SAME = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def _members(path, *members):
    """Write a tar file, or a zip, of ``(name, type, content or target)``."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, kind, content in members:
                entry = zipfile.ZipInfo(name + "/" * (kind == FOLDER))
                mode = {LINK: stat.S_IFLNK, FOLDER: stat.S_IFDIR}.get(kind, stat.S_IFREG)
                entry.external_attr = (mode | 0o755) << 16
                archive.writestr(entry, content)
        return path
    with tarfile.open(path, "w") as archive:
        for name, kind, content in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind in (FILE, FOLDER):
                entry.size = len(content)
            else:
                entry.linkname = content
            archive.addfile(entry, io.BytesIO(content.encode()))
    return path


@pytest.fixture
def out(tmp_path):
    """A folder to unpack into, deep enough that what leaves it can be looked for."""
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("kind", "target"),
    [(LINK, "/etc"), (LINK, "../.."), (LINK, "itself"), (SAME, "../x.tar"), (tarfile.CHRTYPE, "")],
)
def test_links_out_and_devices_are_refused(kind, target, out, tmp_path):
    with pytest.raises(UserError, match="is not safe to unpack"):
        unpack(_members(tmp_path / "x.tar", ("itself", kind, target)), out)


BY_LINKS = {
    "a link through a later one": [("a", LINK, "x/.."), ("x", LINK, "."), ("a/evil.txt", FILE, "evil")],
    "a link through a later one in a folder": [
        ("d", FOLDER, ""),
        ("a", LINK, "d/x/.."),
        ("d/x", LINK, ".."),
        ("a/evil.txt", FILE, "evil"),
    ],
    "a hard link to a link": [
        ("d", FOLDER, ""),
        ("d/up", LINK, ".."),
        ("up", SAME, "d/up"),
        ("up/evil.txt", FILE, "evil"),
    ],
}


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("case", BY_LINKS)
def test_links_that_lead_out_together_are_refused(case, kind, out, tmp_path):
    """Each of them alone stays inside."""
    archive = _members(tmp_path / f"x.{kind}", *BY_LINKS[case])

    with pytest.raises(UserError, match="is not safe to unpack: it holds the link"):
        unpack(archive, out)

    assert [path for path in tmp_path.rglob("evil.txt") if out not in path.resolve().parents] == []
    assert not any(path.is_symlink() for path in out.rglob("*"))


def test_a_link_to_a_file_in_the_archive_becomes_a_copy_of_it(out, tmp_path):
    """Splits are made of links at times; one may come before what it leads to, or lead to another."""
    archive = _members(
        tmp_path / "x.tar",
        ("train/ant/1.jpg", LINK, "../../all/1.jpg"),
        ("all/1.jpg", FILE, "one"),
        ("all/again.jpg", SAME, "train/ant/1.jpg"),
    )

    unpack(archive, out)

    for name in ("train/ant/1.jpg", "all/1.jpg", "all/again.jpg"):
        assert (out / name).read_text() == "one"
        assert not (out / name).is_symlink()


def test_links_to_one_file_count_as_often_as_they_are_there(out, tmp_path, monkeypatch):
    monkeypatch.setattr("convbench.data.download.archives._FLOOR", 10_000)
    monkeypatch.setattr("convbench.data.download.archives._FACTOR", 1)
    links = [(str(number), LINK, "large") for number in range(50)]

    with pytest.raises(UserError, match="bytes that hold more than"):
        unpack(_members(tmp_path / "x.tar", ("large", FILE, "0" * 9000), *links), out)


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize(
    "members",
    [
        [("ant", FOLDER, ""), ("ant", FILE, "1")],
        [("ant", FILE, "1"), ("ant/1.jpg", FILE, "1")],
        [("ant", FILE, "1"), ("ant/bee/1.jpg", FILE, "1")],
    ],
)
def test_a_file_in_the_place_of_a_folder_is_told(members, kind, out, tmp_path):
    with pytest.raises(UserError, match="is damaged: a file and a folder in it have one name, at 'ant"):
        unpack(_members(tmp_path / f"x.{kind}", *members), out)


def test_a_link_in_a_zip_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not safe to unpack: it holds the link 'link'"):
        unpack(_members(tmp_path / "x.zip", ("link", LINK, "/etc")), tmp_path)


def test_a_zip_with_a_password_is_told(out, tmp_path):
    content = bytearray(_members(tmp_path / "x.zip", ("1.jpg", FILE, "1")).read_bytes())
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(start) + flags] |= 1  # encrypted
    (tmp_path / "x.zip").write_bytes(content)

    with pytest.raises(UserError, match=r"x\.zip cannot be unpacked: File .*1\.jpg.* is encrypted"):
        unpack(tmp_path / "x.zip", out)


def test_bytes_that_changed_within_a_compressed_archive_are_told(out, tmp_path):
    tar(tmp_path / "x.tar.gz", {"1.jpg": os.urandom(100_000)})
    content = bytearray((tmp_path / "x.tar.gz").read_bytes())
    content[50_000] ^= 1
    (tmp_path / "x.tar.gz").write_bytes(content)

    with pytest.raises(UserError, match="is damaged"):
        unpack(tmp_path / "x.tar.gz", out)


@pytest.mark.parametrize("kind", ["w:gz", "zip"])
def test_a_decompression_bomb_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("convbench.data.download.archives._FLOOR", 10_000)
    zeros = {"a.jpg": b"\0" * 3_000_000}
    path = tmp_path / "bomb"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.jpg", zeros["a.jpg"])
    else:
        tar(path, zeros, kind)

    with pytest.raises(UserError, match="bytes that hold more than"):
        unpack(path, tmp_path)

    assert not (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "zip"])
def test_a_damaged_archive_is_told(mode, tmp_path):
    path = tmp_path / "x.bin"
    files = folders(per_class=20)
    zipped(path, files) if mode == "zip" else tar(path, files, mode)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content if mode == "zip" else content[: middle + 100])

    with pytest.raises(UserError, match="is damaged"):
        unpack(path, tmp_path)


@pytest.mark.parametrize("end", ["in a name", "after a member"])
def test_an_archive_that_was_cut_short_is_told(end, tmp_path):
    """Python takes what looks like no member for the end of a tar file."""
    tar(tmp_path / "x.tar", {f"{n}.jpg": b"1" * 600 for n in range(9)}, "w")
    content = (tmp_path / "x.tar").read_bytes()
    (tmp_path / "x.tar").write_bytes(content[: 1536 * 4 + (100 if end == "in a name" else 700)])

    with pytest.raises(UserError, match="is damaged"):
        unpack(tmp_path / "x.tar", tmp_path)


def test_a_file_that_is_no_archive_is_told(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"<html>404</html>")

    with pytest.raises(UserError, match="neither a zip nor a tar"):
        unpack(tmp_path / "x.zip", tmp_path)


def test_kaggle_says_in_one_message_what_to_do(project, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(UserError) as caught:
        fetch("planet_amazon", DatasetSettings())

    for part in (
        "https://www.kaggle.com/datasets/nikitarom/planets-dataset",
        "train-jpg/ (or an archive with it) and train_v2.csv into data/planet_amazon/",
        "pip install kaggle",
        "CONVBENCH_MIRROR=FOLDER",
    ):
        assert part in str(caught.value)


def test_a_mirror_without_kaggles_archive_is_named(project, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONVBENCH_MIRROR", str(tmp_path / "mistyped"))

    with pytest.raises(UserError, match=r"mistyped' now, and planets-dataset\.zip was not to be had"):
        fetch("planet_amazon", DatasetSettings())


@pytest.fixture
def client(tmp_path, monkeypatch, server):
    """A stand-in for Kaggle's client: it notes how it was called and hands out the replica."""
    from tests.layouts.replicas import severstal_steel

    (archive,) = severstal_steel(server.folder)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "kaggle").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\ncp {archive} "$5"\n')
    (tools / "kaggle").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    return tmp_path / "called"


def test_the_official_client_is_used_where_there_are_credentials(client, project):
    fetch("severstal_steel", DatasetSettings())

    called = client.read_text().split()
    assert called[:4] == ["competitions", "download", "severstal-steel-defect-detection", "-p"]
    assert [path.suffix for path in Path("data/severstal_steel").iterdir()] == [".zip"]


def test_what_kaggles_client_says_is_passed_on(client, project, tmp_path):
    (tmp_path / "tools" / "kaggle").write_text("#!/bin/sh\necho 403 - accept the rules; exit 1\n")

    with pytest.raises(UserError, match="failed:\n403 - accept the rules"):
        fetch("severstal_steel", DatasetSettings())

    assert _left_in_data() == []


@pytest.mark.parametrize("kind", ["folder", "address"])
def test_a_mirror_may_hold_what_kaggle_hands_out(kind, client, server, project, monkeypatch):
    here = str(server.folder) if kind == "folder" else server.address
    monkeypatch.setenv("CONVBENCH_MIRROR", here)

    fetch("severstal_steel", DatasetSettings())

    assert not client.exists()
    assert [path.suffix for path in Path("data/severstal_steel").iterdir()] == [".zip"]


def test_files_put_in_place_by_hand_are_taken(project):
    from tests.layouts.replicas import encoded, picture, table

    images = Path("data/planet_amazon/train-jpg")
    images.mkdir(parents=True)
    for n in range(40):
        (images / f"train_{n}.jpg").write_bytes(encoded(picture(32, 32)))
    rows = [(f"train_{n}", "clear primary" if n % 2 else "cloudy water") for n in range(40)]
    (images.parent / "train_v2.csv").write_bytes(table(("image_name", "tags"), rows))

    fetch("planet_amazon", DatasetSettings())
    prepare("planet_amazon", DatasetSettings(), 16, "stretch", 1, project / "prepared")

    assert (project / "prepared" / "card.json").exists()


def test_a_pickle_that_would_run_something_is_refused():
    import pickle

    from convbench.data.cifar10 import load_arrays

    class Evil:
        def __reduce__(self):
            return os.system, ("true",)

    with pytest.raises(UserError, match=r"wants posix\.system"):
        load_arrays(pickle.dumps({b"data": Evil()}))


def test_a_pack_depends_on_names_and_contents_alone(tmp_path):
    from convbench.data.download.archives import pack

    for number, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").write_bytes(b"one")
        os.utime(tmp_path / name / "x.jpg", (number, number))
        (tmp_path / name / "x.jpg").chmod(0o600 + number)
        pack({"x.jpg": tmp_path / name / "x.jpg"}, tmp_path / f"{name}.tar")

    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
