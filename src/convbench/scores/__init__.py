"""The catalogue of scores. A new one is an entry in a file beside this one and a name below.

Columns of the tables, MLflow's metrics and the report's tables follow from it.
"""

from collections.abc import Mapping

from convbench.scores.accuracy import ACCURACY, BALANCED_ACCURACY
from convbench.scores.average_precision import MEAN_AVERAGE_PRECISION
from convbench.scores.base import Labels, Score
from convbench.scores.f_scores import F1_MACRO, F1_MICRO, F2

SCORES: Mapping[str, Score] = {
    score.name: score
    for score in (ACCURACY, BALANCED_ACCURACY, MEAN_AVERAGE_PRECISION, F1_MICRO, F1_MACRO, F2)
}

SELECTING: Mapping[str, Score] = {
    name: score for name, score in SCORES.items() if score.per_image is not None
}
"""Those that can choose epochs; the first of a kind of labels is its default."""


def title_of(name: str) -> str:
    """Return a score's name as a reader sees it."""
    return SCORES[name].title


def kind_of(*, multi_label: bool) -> Labels:
    """Return the kind of labels of a dataset."""
    return "multi" if multi_label else "single"


def scores_for(labels: Labels) -> list[Score]:
    """Return the scores that are defined for a kind of labels."""
    return [score for score in SCORES.values() if score.labels == labels]


def default_score(labels: Labels) -> Score:
    """Return the score that chooses epochs where a dataset names none."""
    return next(score for score in SELECTING.values() if score.labels == labels)
