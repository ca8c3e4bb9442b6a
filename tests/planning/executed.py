"""Which files of the package execute code in short runs: in a process where nothing is cached yet.

python -m tests.planning.executed PREPARED FOLDER < SPECS > FILES

SPECS: ``{name: spec}``, each with random weights except where its strategy starts from others. FILES:
``{name: [file, ...]}``, with the file names that ``planning.code`` uses.
"""

import importlib
import json
import pkgutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

import convbench
from convbench.config.spec import AUTO, RANDOM_WEIGHTS, RunSpec
from convbench.jobs.find_lr import find_lr
from convbench.jobs.train import train

_ROOT = Path(convbench.__file__).parent


def executed(function: Callable[[], object]) -> set[str]:
    """Call a function; return the files of the package in which any function began meanwhile."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    files = (Path(code.co_filename) for code in codes)
    return {file.relative_to(_ROOT).as_posix() for file in files if file.is_relative_to(_ROOT)}


def main(prepared: Path, folder: Path) -> None:
    """Run each spec once, after a run from scratch that makes the weights."""
    for module in pkgutil.walk_packages([str(_ROOT)], "convbench."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)  # what executes at import is no function of a run
    specs = {name: RunSpec.model_validate(spec) for name, spec in json.load(sys.stdin).items()}
    weights = folder / "weights.safetensors"
    first = next(iter(specs.values()))
    made = {"weights": RANDOM_WEIGHTS, "strategy": "scratch", "label": "scratch"}
    train(first.model_copy(update=made), prepared, None, folder / "first", weights)
    found = {}
    for name, spec in specs.items():
        start = None if spec.weights == RANDOM_WEIGHTS else weights
        rates, out = folder / f"{name}.json", folder / name
        job = lambda: train(spec, prepared, start, out, None)  # noqa: B023, E731 (called at once)
        if spec.hyperparameters.lr == AUTO:
            job = lambda: find_lr(spec, prepared, start, rates)  # noqa: B023, E731
        found[name] = sorted(executed(job))
        if rates.exists():
            assert not json.loads(rates.read_text())["reason"]
        else:
            assert json.loads((out / "metrics.json").read_text())["outcome"] == "finished"
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
