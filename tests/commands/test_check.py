import shutil

import pytest
import yaml
from PIL import Image

from convbench.commands.check import check
from convbench.files import sha256


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config of names alone, on an archive of forty photographs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.dvc").write_text("outs: []\n")
    for name in ("ant", "bee"):
        (tmp_path / "insects" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / "insects" / name / f"{number}.png")
    archive = shutil.make_archive(str(tmp_path / "insects"), "zip", tmp_path, "insects")
    values = {
        "name": "insects",
        "datasets": {
            "insects": {
                "layout": "folder",
                "source": archive,
                "sha256": sha256(tmp_path / "insects.zip"),
            }
        },
        "tasks": ["insects"],
        "architectures": ["resnet18", "squeezenet1_1"],
        "strategies": ["feature_extraction", "fine_tune"],
        "augmentations": ["none"],
        "seeds": [0],
    }
    path = tmp_path / "insects.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_an_archive_is_fetched_once_to_count_its_images(config, capsys):
    check(config)
    first = capsys.readouterr().out
    check(config)
    second = capsys.readouterr().out

    assert "insects: fetching it to count its images" in first
    assert "fetching" not in second
    assert "4 runs on insects" in second


def test_every_default_is_printed_with_its_reason_source_and_place(config, capsys):
    check(config)
    lines = capsys.readouterr().out.splitlines()

    (image_size,) = [line for line in lines if line.startswith("  image_size: 224: ")]
    (batch_size,) = [line for line in lines if line.startswith("  batch_size: 16: ")]
    assert image_size.endswith("]")
    assert batch_size.endswith("[Masters & Luschi 2018]")
    assert any(line.startswith("  optimizer: sgd (feature_extraction): ") for line in lines)
    rates = [line.split(":")[1].strip() for line in lines if line.startswith("  backbone_lr: ")]
    assert rates == ["lr/10 (fine_tune; resnet18)", "lr/30 (fine_tune; squeezenet1_1)"]


def test_what_the_config_says_is_no_default(config, capsys):
    values = yaml.safe_load(config.read_text())
    values |= {"image_size": 64, "resize": "stretch", "threads": 2, "tasks": {"insects": {"epochs": 3}}}
    config.write_text(yaml.safe_dump(values))

    check(config)

    keys = {line.split(":")[0].strip() for line in capsys.readouterr().out.splitlines()}
    assert not keys & {"image_size", "resize", "threads", "epochs"}
    assert {"batch_size", "lr"} <= keys
