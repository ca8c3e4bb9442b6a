"""Measure how fast a network predicts and learns, in a job that has the machine to itself."""

from dataclasses import asdict
from pathlib import Path

from convbench.config.spec import Channels, Device
from convbench.engine.speed import speed_of
from convbench.environment import environment
from convbench.files import write_json
from convbench.models import architecture_of
from convbench.models.grey import to_grey
from convbench.stages.cell import device_of

_CLASSES = 10  # what a few classes more take in the classifier does not show


def measure_speed(
    name: str, image_size: int, channels: Channels, threads: int, device: Device, out: Path
) -> None:
    """Time the architecture called ``name`` and write what it takes for an image to ``out``."""
    network = architecture_of(name).build(_CLASSES, image_size)
    if channels == 1:
        to_grey(network)
    where = device_of(device)
    found = speed_of(network.to(where), image_size, channels, threads)
    about = {"architecture": name, "threads": threads, "device": where.type}
    write_json(out, {**about, "processor": environment().processor, **asdict(found)})
    print(f"{name}: {found.predict_ms:.3g} ms for an image of {image_size} px")
