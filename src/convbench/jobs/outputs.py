"""The output files of each job, and the placeholders that are written if it fails.

What is heavy to import is imported only there.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from convbench.files import make_folder, write_json, write_text
from convbench.jobs.process import Ending, Output
from convbench.results.folders import MARKERS, METRICS, PINNED, TRACKED


def output_of(options: Namespace) -> Output:
    """Return what the command of one of the workflow's jobs is to leave."""
    return _OUTPUTS[options.command](options)


def _train(options: Namespace) -> Output:
    folder, keep = results_of_training(options.out)
    begun = time.time_ns() // 1_000_000

    def end(ending: Ending) -> None:
        from convbench.config.spec import RunSpec
        from convbench.jobs.lost import end_run

        spec = RunSpec.model_validate_json(options.spec)
        end_run(spec, options.key, options.prepared, folder, keep, ending, begun)

    return Output(folder / METRICS, end)


def results_of_training(out: list[Path]) -> tuple[Path, Path | None]:
    """Return the folder of a training's results, and the file for its weights where they are kept."""
    folder = next(path.parent for path in out if path.name == METRICS)
    return folder, next((path for path in out if path.suffix == ".safetensors"), None)


def _import_weights(options: Namespace) -> Output:
    def end(ending: Ending) -> None:
        from convbench.config.weights import ImportSpec
        from convbench.models.weights.files import save_absence

        spec = ImportSpec.model_validate_json(options.spec)
        what = f"{spec.architecture}/{spec.weights}"
        make_folder(options.out.parent)
        save_absence(options.out, f"{what} {ending.outcome}: {ending.reason}")

    return Output(options.out, end, from_outside=True)


def _prepare(options: Namespace) -> Output:
    from convbench.data.prepared import CARD, write_absent

    def end(ending: Ending) -> None:
        write_absent(options.dataset, ending.reason, options.out)

    return Output(options.out / CARD, end, from_outside=True)


def _fetch(options: Namespace) -> Output:
    return _json(MARKERS / f"{options.dataset}.json", {"dataset": options.dataset}, from_outside=True)


def _audit(options: Namespace) -> Output:
    return _json(options.out, {"badges": [], "groups": []})


def _find_lr(options: Namespace) -> Output:
    return _json(options.out, {"lrs": [], "losses": [], "chosen_lr": None})


def _speed(options: Namespace) -> Output:
    return _json(options.out, {"architecture": options.architecture})


def _explain(options: Namespace) -> Output:
    from convbench.results.view import ABOUT, PICTURES

    output = _json(options.out / ABOUT, {})

    def end(ending: Ending) -> None:
        write_text(make_folder(options.out) / PICTURES, "")
        output.end(ending)

    return Output(output.result, end)


def _open_store(options: Namespace) -> Output:
    return _json(options.out, {}, from_outside=True)


def _track(options: Namespace) -> Output:
    return _json(options.out or TRACKED, {}, from_outside=True)


def _pin(options: Namespace) -> Output:
    return _json(PINNED, {}, from_outside=True)


def _json(path: Path, about: Mapping[str, object], *, from_outside: bool = False) -> Output:
    """Return the output of a job whose result is JSON, with a ``reason`` where it came to nothing."""

    def end(ending: Ending) -> None:
        make_folder(path.parent)
        write_json(path, {**about, "outcome": ending.outcome, "reason": ending.reason})

    return Output(path, end, from_outside)


_OUTPUTS: Mapping[str, Callable[[Namespace], Output]] = {
    "train": _train,
    "import-weights": _import_weights,
    "prepare": _prepare,
    "fetch": _fetch,
    "pin": _pin,
    "audit": _audit,
    "find-lr": _find_lr,
    "speed": _speed,
    "explain": _explain,
    "open-store": _open_store,
    "track": _track,
}
