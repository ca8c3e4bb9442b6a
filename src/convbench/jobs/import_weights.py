"""Import weights that were trained elsewhere."""

from pathlib import Path

from torch import Size, nn

from convbench.config.datasets import basename
from convbench.config.weights import ImportSpec, Normalise, version_of
from convbench.data.download.remote import Remote, download
from convbench.errors import UserError
from convbench.files import make_folder
from convbench.models import architecture_of
from convbench.models.base import Architecture
from convbench.models.meta import without_weights
from convbench.models.weights.checkpoint import read_checkpoint
from convbench.models.weights.files import Normalisation
from convbench.models.weights.imported import classifier_shape, import_weights
from convbench.models.weights.published import published_weights

DOWNLOADED = Path("data/weights")  # not among the other folders: an edit there would import anew
_IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_IMAGENET_CLASSES = 1000


def import_into(spec: ImportSpec, out: Path) -> None:
    """Fetch a file of weights, check it, and write it to ``out`` by the names of its network.

    Raises ``UserError`` where it cannot be had, is another one, holds more than tensors, cannot be
    right, or does not fit.
    """
    source, normalisation = _fetch(spec)
    architecture = architecture_of(spec.architecture)
    rename, state = (spec.file.rename, spec.file.state) if spec.file else ({}, None)
    checkpoint = read_checkpoint(source, state)
    shape = classifier_shape(checkpoint, architecture.head, rename)
    network = _network(architecture, shape, spec.image_size)
    make_folder(out.parent)
    left_out = import_weights(checkpoint, network, architecture.head, normalisation, rename, out)
    print(f"{out}: {checkpoint} for {spec.architecture}; {len(left_out)} of its tensors have no place")
    for line in [*checkpoint.notes, *left_out]:
        print(f"  {line}")


def _network(architecture: Architecture, shape: Size | None, image_size: int) -> nn.Module:
    """Build a network without weights whose classifier's weight has ``shape``, where there is one."""
    classes = _IMAGENET_CLASSES if shape is None else shape[0]
    builds = [each for each in (architecture.published, architecture.build) if each is not None]
    networks = [without_weights(build, classes, image_size) for build in builds]
    heads = [each.get_submodule(architecture.head).state_dict().get("weight") for each in networks]
    fitting = (
        each for each, own in zip(networks, heads, strict=True) if own is not None and own.shape == shape
    )
    return next(fitting, networks[-1])


def _fetch(spec: ImportSpec) -> tuple[Path, Normalisation]:
    """Return the checked file, from the cache where it is there, and what its network is fed with."""
    if spec.file is None:
        published = published_weights(spec.architecture, version_of(spec.weights))
        remote = Remote(published.file_name, f"sha256:{published.digest_prefix}", (published.url,))
        return _cached(remote), Normalisation(published.mean, published.std)
    file = spec.file
    remote = Remote(basename(file.source[0]), f"sha256:{file.sha256}", file.source)
    how = file.normalise
    return _cached(remote), _IMAGENET if not isinstance(how, Normalise) else Normalisation(
        how.mean, how.std
    )


def _cached(remote: Remote) -> Path:
    """Return the file under ``data/weights``, downloaded unless it is there with the right digest."""
    folder = make_folder(DOWNLOADED)
    path = folder / remote.name
    if path.exists() and not (path.is_file() and remote.describes(path)):
        raise UserError(
            f"{path} is not what it should be, a file with the digest {remote.digest}; move it away"
        )
    if not path.exists():
        download(remote, folder)
    return path
