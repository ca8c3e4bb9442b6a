"""2D embedding of a network's features."""

import numpy as np
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from convbench.explain.watch import input_of


def features(network: nn.Module, head: str, images: Tensor) -> np.ndarray:
    """Return what the classifier ``head`` is given, ``[B, D]``; of maps, their means over places."""
    network.eval()
    given = input_of(network, head, images)
    return (given if given.ndim == 2 else given.flatten(2).mean(dim=2)).cpu().numpy()


def in_two_dimensions(vectors: np.ndarray) -> np.ndarray:
    """Lay ``[n, D]`` out as ``[n, 2]``, neighbours beside each other (t-SNE; van der Maaten 2008)."""
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(vectors))


def beside_own(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Tell which images have one of their class, bool ``[n]``, for the nearest by all of ``[n, D]``."""
    nearest = NearestNeighbors(n_neighbors=1).fit(vectors).kneighbors(return_distance=False)[:, 0]
    return np.asarray(labels[nearest] == labels)
