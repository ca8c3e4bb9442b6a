import hashlib
import http.server
import threading
from functools import partial

import pytest
import torch
from torch import nn

from convbench.config.spec import canonical_json
from convbench.config.weights import ImportSpec, Normalise, WeightsFile
from convbench.errors import UserError
from convbench.jobs import import_weights as stage
from convbench.jobs.assembly import untrained
from convbench.jobs.import_weights import import_into
from convbench.models import architecture_of
from convbench.models.resnet_cifar import resnet_cifar
from convbench.models.weights.files import Normalisation, load_weights, save_weights
from convbench.models.weights.published import published_weights
from convbench.planning.keys import key_of_import

NORMALISATION = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A folder of files beside a working folder."""
    (tmp_path / "zoo").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("CONVBENCH_MIRROR", raising=False)
    return tmp_path / "zoo"


def _spec(source, digest, **changes):
    settings = {"source": (str(source),), "sha256": digest, "normalise": "imagenet", **changes}
    return ImportSpec(
        architecture="resnet20", weights="zoo", image_size=16, file=WeightsFile(**settings)
    )


def _saved(path):
    torch.manual_seed(0)
    network = resnet_cifar(7, 16, depth=20, skips=True)
    torch.save({f"module.{name}": tensor for name, tensor in network.state_dict().items()}, path)
    return network, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_is_fetched_checked_cached_and_turned_into_ours(zoo, tmp_path, capsys):
    source, digest = _saved(zoo / "net.pth")
    spec, out = (
        _spec(zoo / "net.pth", digest),
        tmp_path / "work/results/weights/resnet20/zoo.safetensors",
    )

    import_into(spec, out)

    network = resnet_cifar(7, 16, depth=20, skips=True)
    loaded = load_weights(network, "linear", out, with_classifier=True)
    assert loaded.normalisation.mean == (0.485, 0.456, 0.406)
    images = torch.rand(2, 3, 16, 16)
    assert network.eval()(images).equal(source.eval()(images))
    assert "0 of its tensors have no place" in capsys.readouterr().out
    (zoo / "net.pth").unlink()
    import_into(spec, out)  # from the cache


def test_the_files_own_normalisation_is_kept(zoo, tmp_path):
    _, digest = _saved(zoo / "net.pth")
    how = Normalise(mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))

    import_into(_spec(zoo / "net.pth", digest, normalise=how), tmp_path / "out.safetensors")

    loaded = load_weights(
        resnet_cifar(7, 16, depth=20, skips=True), "linear", tmp_path / "out.safetensors"
    )
    assert loaded.normalisation.std == (0.4, 0.5, 0.6)


def test_another_file_is_refused_and_nothing_is_left(zoo, tmp_path):
    _saved(zoo / "net.pth")

    with pytest.raises(UserError, match="its sha256 should be 000"):
        import_into(_spec(zoo / "net.pth", "0" * 64), tmp_path / "out.safetensors")

    assert list((tmp_path / "work/data/weights").iterdir()) == []
    assert not (tmp_path / "out.safetensors").exists()


def test_a_cached_file_that_changed_is_said(zoo, tmp_path):
    _, digest = _saved(zoo / "net.pth")
    import_into(_spec(zoo / "net.pth", digest), tmp_path / "out.safetensors")
    cached = tmp_path / "work/data/weights/net.pth"
    cached.write_bytes(b"other")

    with pytest.raises(UserError, match=r"data/weights/net\.pth is not what it should be"):
        import_into(_spec(zoo / "net.pth", digest), tmp_path / "out.safetensors")


def test_the_job_prints_and_records_which_weights_were_taken(zoo, tmp_path, capsys):
    state = resnet_cifar(7, 16, depth=20, skips=True).state_dict()
    torch.save({"state_dict": state, "state_dict_ema": state}, zoo / "net.pth")
    digest = hashlib.sha256((zoo / "net.pth").read_bytes()).hexdigest()
    out = tmp_path / "out.safetensors"

    import_into(_spec(zoo / "net.pth", digest, state="state_dict_ema"), out)

    loaded = load_weights(resnet_cifar(7, 16, depth=20, skips=True), "linear", out)
    printed = capsys.readouterr().out
    assert "'state_dict_ema' of net.pth for resnet20; 0 of its tensors have no place" in printed
    assert "is taken with 'state: state_dict'" in loaded.left_out[0]
    assert f"  {loaded.left_out[0]}\n" in printed


def test_a_state_is_part_of_the_key_where_it_is_given_alone():
    plain, named = _spec("net.pth", "0" * 64), _spec("net.pth", "0" * 64, state="ema")

    assert '"state"' not in canonical_json(plain)
    assert key_of_import(named) != key_of_import(plain)


@pytest.mark.parametrize(
    ("content", "right"),
    [
        (b"", "it is empty"),
        (b"<html>Not found</html>", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
    ],
)
@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_file_that_stands_for_another_is_called_what_it_is(zoo, tmp_path, content, right, is_pinned):
    (zoo / "net.pth").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest() if is_pinned else "0" * 64

    with pytest.raises(UserError, match=rf"net\.pth[^\n]*{right}"):
        import_into(_spec(zoo / "net.pth", digest), tmp_path / "out.safetensors")


@pytest.mark.parametrize("name", ["net.pth", "net.pt", "net.safetensors"])
@pytest.mark.parametrize("where", ["source", "cache"])
def test_a_folder_in_place_of_a_file_is_said(zoo, tmp_path, name, where):
    folder = zoo / name if where == "source" else tmp_path / "work/data/weights" / name
    folder.mkdir(parents=True)
    right = "it is a folder; the path of a file" if where == "source" else "is not .*, a file with"

    with pytest.raises(UserError, match=rf"{name}.*{right}"):
        import_into(_spec(zoo / name, "0" * 64), tmp_path / "out.safetensors")


def test_a_web_page_that_is_sent_for_a_file_is_said(zoo, server, tmp_path):
    (zoo / "net.pth").write_bytes(b"<!DOCTYPE html><p>Please log in")

    with pytest.raises(UserError, match=r"net\.pth: its sha256 should be 000.*it is a web page"):
        import_into(_spec(f"{server}/net.pth", "0" * 64), tmp_path / "out.safetensors")


@pytest.fixture
def server(zoo):
    """Files over HTTP, on this machine alone."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(zoo))
    handler.log_message = lambda *_: None
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def published(zoo, monkeypatch):
    """What stands for torchvision's file of a small network: its digest is a beginning alone."""
    from convbench.models.torchvision_zoo import torchvision_architecture

    torch.manual_seed(0)
    network = torchvision_architecture("squeezenet1_1").published(1000, 64)
    torch.save(network.state_dict(), zoo / "draft.pth")
    digest = hashlib.sha256((zoo / "draft.pth").read_bytes()).hexdigest()
    name = f"squeezenet1_1-{digest[:8]}.pth"
    (zoo / "draft.pth").rename(zoo / name)
    real = published_weights("squeezenet1_1", None)

    def described(architecture, version):
        from dataclasses import replace

        return replace(real, file_name=name, digest_prefix=digest[:8], url=f"http://127.0.0.1:9/{name}")

    monkeypatch.setattr(stage, "published_weights", described)
    return name


SQUEEZENET = ImportSpec(architecture="squeezenet1_1", weights="imagenet", image_size=64)


def test_imagenets_weights_come_through_a_mirror_and_are_checked(
    published, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("CONVBENCH_MIRROR", server)

    import_into(SQUEEZENET, tmp_path / "out.safetensors")

    from convbench.models.torchvision_zoo import torchvision_architecture

    network = torchvision_architecture("squeezenet1_1").build(5, 64)
    loaded = load_weights(network, "classifier.1", tmp_path / "out.safetensors")
    assert loaded.normalisation.mean == (0.485, 0.456, 0.406)
    assert (tmp_path / "work/data/weights" / published).exists()


def test_imagenets_weights_with_wrong_bytes_are_refused(published, zoo, server, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVBENCH_MIRROR", server)
    (zoo / published).write_bytes(b"wrong")

    with pytest.raises(UserError, match="its sha256 should be "):
        import_into(SQUEEZENET, tmp_path / "out.safetensors")

    assert list((tmp_path / "work/data/weights").iterdir()) == []


@pytest.mark.parametrize("which", ["published", "build"])
def test_a_squeezenet_is_evaluated_with_the_classifier_of_its_file(zoo, tmp_path, spec, which):
    torch.manual_seed(0)
    source = getattr(architecture_of("squeezenet1_1"), which)(3, 64)
    torch.save(source.state_dict(), zoo / "net.pth")
    digest = hashlib.sha256((zoo / "net.pth").read_bytes()).hexdigest()
    out = tmp_path / "out.safetensors"
    import_into(_spec(zoo / "net.pth", digest).model_copy(update={"architecture": "squeezenet1_1"}), out)
    changes = {"architecture": "squeezenet1_1", "strategy": "evaluate", "weights": "zoo"}

    network = untrained(spec.model_copy(update=changes), 3, out)
    load_weights(network, "classifier.1", out, with_classifier=True)

    images = torch.rand(2, 3, 64, 64)
    assert network.eval()(images).equal(source.eval()(images))


def test_a_trained_squeezenet_gets_a_linear_classifier_whatever_its_file_has(zoo, tmp_path, spec):
    torch.manual_seed(0)
    source = architecture_of("squeezenet1_1").published(3, 64)
    save_weights(tmp_path / "net.safetensors", source.state_dict(), NORMALISATION)

    network = untrained(spec.model_copy(update={"architecture": "squeezenet1_1"}), 3)
    load_weights(network, "classifier.1", tmp_path / "net.safetensors")

    assert isinstance(network.get_submodule("classifier.1"), nn.Linear)
    assert network.features[0].weight.equal(source.features[0].weight)
