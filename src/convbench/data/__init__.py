"""The catalogue of datasets. A new one is a file beside this one and a line below."""

from collections.abc import Mapping

from convbench.data.base import Dataset
from convbench.data.caltech101 import CALTECH101
from convbench.data.cifar10 import CIFAR10
from convbench.data.digits import DIGITS
from convbench.data.letters import LETTERS
from convbench.data.medmnist import MEDMNIST
from convbench.data.neu_steel import NEU_STEEL
from convbench.data.planet_amazon import PLANET_AMAZON
from convbench.data.plant_village import PLANT_VILLAGE
from convbench.data.severstal_steel import SEVERSTAL_STEEL
from convbench.data.stanford_dogs import STANFORD_DOGS

DATASETS: Mapping[str, Dataset] = {
    "digits": DIGITS,
    "letters": LETTERS,
    "cifar10": CIFAR10,
    "caltech101": CALTECH101,
    "stanford_dogs": STANFORD_DOGS,
    "planet_amazon": PLANET_AMAZON,
    "severstal_steel": SEVERSTAL_STEEL,
    "neu_steel": NEU_STEEL,
    "plant_village": PLANT_VILLAGE,
    **MEDMNIST,
}
