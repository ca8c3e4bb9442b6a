"""A network whose training goes wrong as its label says; projects import it from their folder."""

import json
import os
import signal
import sys
from pathlib import Path

from torch import nn


def network(classes, image_size):
    return _Linear(classes, image_size, _break)


def without_speed(classes, image_size):
    return _Linear(classes, image_size, _stop_the_clock)


class _Linear(nn.Module):
    """A linear network that does something before it answers."""

    def __init__(self, classes, image_size, before):
        super().__init__()
        self.head = nn.Linear(3 * image_size**2, classes)
        self.before = before

    def forward(self, images):
        if images.device.type != "meta":
            self.before()
        return self.head(images.flatten(1))


def _break():
    if "train" not in sys.argv:  # planning, measuring, explaining
        return
    label = json.loads(sys.argv[sys.argv.index("--spec") + 1])["label"]
    if label == "raises":
        raise RuntimeError("the shoe pinches")
    if label == "leaves":
        os._exit(0)
    if label == "killed_always" or (label == "killed_once" and not Path("killed_once").exists()):
        Path(label).touch()
        print("about to be killed", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def _stop_the_clock():
    if "speed" in sys.argv:
        raise RuntimeError("no clock here")
