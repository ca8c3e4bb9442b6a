"""Measure inference and training speed while no other job runs."""

from dataclasses import asdict
from pathlib import Path

from convbench.config.spec import Channels, Device
from convbench.engine.speed import speed_of
from convbench.environment import environment
from convbench.files import write_json
from convbench.jobs.assembly import device_of
from convbench.models import architecture_of
from convbench.models.grey import to_grey

_CLASSES = 10  # a few more change little: they only widen the classifier


def measure_speed(
    name: str, image_size: int, channels: Channels, threads: int, device: Device, out: Path
) -> None:
    """Time the architecture called ``name`` and write its milliseconds per image to ``out``."""
    network = architecture_of(name).build(_CLASSES, image_size)
    if channels == 1:
        to_grey(network)
    on = device_of(device)
    found = speed_of(network.to(on), image_size, channels, threads)
    about = {"architecture": name, "threads": threads, "device": on.type}
    write_json(out, {**about, "processor": environment().processor, **asdict(found)})
    print(f"{name}: {found.inference_ms:.3g} ms per image of {image_size} px")
