"""The catalogue of datasets. A new one is a file beside this one and a line below."""

from collections.abc import Mapping

from convbench.data.base import Dataset
from convbench.data.digits import DIGITS
from convbench.data.letters import LETTERS

DATASETS: Mapping[str, Dataset] = {
    "digits": DIGITS,
    "letters": LETTERS,
}
