"""Downloads that go wrong: a clear message, and nothing half-written."""

import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from convbench.config.datasets import DatasetSettings
from convbench.data.archives import unpack
from convbench.data.download import Remote, download
from convbench.errors import UserError
from convbench.stages.fetch import fetch
from convbench.stages.prepare import prepare
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
    assert _left_in_data() == []


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
    assert "/no/such/x.zip: [Errno 2] No such file or directory" in str(caught.value)
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


def _with_entry(path, name, kind, target=""):
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
    return path


@pytest.mark.parametrize(
    ("kind", "target"), [(tarfile.SYMTYPE, "/etc"), (tarfile.SYMTYPE, "../.."), (tarfile.CHRTYPE, "")]
)
def test_links_out_and_devices_are_refused(kind, target, tmp_path):
    (tmp_path / "out").mkdir()

    with pytest.raises(UserError, match="is not safe to unpack"):
        unpack(_with_entry(tmp_path / "x.tar", "link", kind, target), tmp_path / "out")


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc")

    with pytest.raises(UserError, match="is not safe to unpack: it holds 'link'"):
        unpack(tmp_path / "x.zip", tmp_path)


@pytest.mark.parametrize("kind", ["w:gz", "zip"])
def test_a_decompression_bomb_is_refused(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("convbench.data.archives._FLOOR", 10_000)
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
    from convbench.data.archives import pack

    for number, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").write_bytes(b"one")
        os.utime(tmp_path / name / "x.jpg", (number, number))
        (tmp_path / name / "x.jpg").chmod(0o600 + number)
        pack({"x.jpg": tmp_path / name / "x.jpg"}, tmp_path / f"{name}.tar")

    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
