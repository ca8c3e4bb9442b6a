"""Find a configuration's learning rate, before any of its runs."""

import sys
import traceback
from dataclasses import replace
from pathlib import Path

import torch

from convbench.config.spec import RunSpec
from convbench.data.prepared import open_prepared
from convbench.engine.range_test import LOWEST, range_test
from convbench.jobs.assembly import assemble, device_of
from convbench.planning.plan import configuration_of
from convbench.results.rates import RangeTestResult


def find_lr(spec: RunSpec, prepared: Path, weights: Path | None, out: Path) -> None:
    """Write the curve of a learning-rate range test, on training images alone, and what it chose.

    The test is of the training's last phase. If it fails, the file has the reason, and the runs that
    wait for it fail with that reason.
    """
    torch.set_num_threads(spec.threads)
    result = RangeTestResult(configuration_of(spec))
    try:
        data = open_prepared(prepared)
        assembly = assemble(spec, data, device_of(spec.device), weights, LOWEST)
        found = range_test(assembly.trainer, lambda lr: assembly.phases_at(lr)[-1])
        result = replace(result, **vars(found))
        print(f"{result.configuration}: learning rate {found.chosen_lr:.2g}")
    except Exception as error:  # a failure of one configuration must not stop the others
        traceback.print_exc(file=sys.stderr)
        result = replace(result, outcome="failed", reason=f"{type(error).__name__}: {error}")
    result.write(out)
