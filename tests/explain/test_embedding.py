import numpy as np
import torch
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from convbench.explain.embedding import beside_own, features, in_two_dimensions
from convbench.models import architecture_of


def groups() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    return rng.normal(size=(90, 5)) + 1.5 * labels[:, None], labels


def test_features_are_what_the_classifier_is_given():
    torch.manual_seed(0)
    network, images = architecture_of("resnet18").build(5, 64).eval(), torch.randn(2, 3, 64, 64)

    found = features(network, "fc", images)

    with torch.no_grad():
        logits = network.get_submodule("fc")(torch.from_numpy(found))
        torch.testing.assert_close(logits, network(images))


def test_features_of_a_convolutional_classifier_are_averaged_over_places():
    network = architecture_of("squeezenet1_0").build(5, 64)

    assert features(network, "classifier.1", torch.randn(2, 3, 64, 64)).shape == (2, 512)


def test_company_is_what_a_nearest_neighbour_would_score_leaving_one_out():
    vectors, labels = groups()

    theirs = cross_val_score(KNeighborsClassifier(1), vectors, labels, cv=LeaveOneOut()).mean()

    assert beside_own(vectors, labels).mean() == theirs
    assert 0.4 < theirs < 0.95


def test_groups_stay_groups_in_two_dimensions_and_the_layout_is_the_same_each_time():
    vectors, labels = groups()

    laid = in_two_dimensions(vectors * [4, 4, 4, 4, 4])

    assert laid.shape == (90, 2)
    assert beside_own(laid, labels).mean() > 0.6
    np.testing.assert_array_equal(laid, in_two_dimensions(vectors * [4, 4, 4, 4, 4]))


def test_few_images_are_laid_out_too():
    assert in_two_dimensions(groups()[0][:5]).shape == (5, 2)
