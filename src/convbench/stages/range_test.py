"""Look for a cell's learning rate, before any of its runs."""

import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.engine.range_test import LOWEST, range_test
from convbench.files import make_folder, write_json
from convbench.stages.cell import assemble, device_of
from convbench.stages.runs import rate_key


def find_rate(spec: RunSpec, prepared: Path, weights: Path | None, out: Path) -> None:
    """Write the curve of a learning-rate range test, on training images alone, and what it chose.

    One that fails is written with its reason: the runs that wait for it fail with that.
    """
    torch.set_num_threads(spec.threads)
    found: dict[str, Any] = {
        "cell": rate_key(spec),
        "rates": [],
        "losses": [],
        "chosen": None,
        "reason": "",
    }
    try:
        data = open_prepared(prepared)
        cell = assemble(spec, data, device_of(spec.device), weights, LOWEST)
        found |= asdict(range_test(cell.trainer, lambda lr: cell.phases_at(lr)[-1]))
        print(f"{rate_key(spec)}: learning rate {found['chosen']:.2g}")
    except Exception as error:  # whatever breaks one cell must not take the others' results along
        traceback.print_exc(file=sys.stderr)
        found["reason"] = f"{type(error).__name__}: {error}"
    make_folder(out.parent)
    write_json(out, found)
