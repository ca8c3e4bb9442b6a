"""The commands that the workflow's rules call."""

import argparse
import json
from pathlib import Path

from convbench.results.folders import TABLES


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a parser."""
    _add_data(commands)
    _add_trainings(commands)
    _add_results(commands)


def _is_portable(options: argparse.Namespace) -> bool:
    """Tell whether a run asks for the same bits on all processors."""
    return bool(json.loads(options.spec).get("portable"))


def _add_data(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("job", help="workflow: run one of the following as a job")
    add.add_argument("--log", type=Path, required=True)
    add.add_argument("--attempt", type=int, required=True)
    add.add_argument("arguments", nargs=argparse.REMAINDER)
    add.set_defaults(run=_job)

    add = commands.add_parser("resolve", help="workflow: write the grid that Snakemake resolved")
    add.add_argument("--grid", required=True, help="as JSON")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_resolve)

    add = commands.add_parser("open-store", help="workflow: create the tables of the MLflow store")
    add.add_argument("--uri", required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_open_store)

    add = commands.add_parser("pin", help="workflow: put checked datasets where DVC looks for them")
    add.add_argument("dataset", nargs="+")
    add.set_defaults(run=_pin)

    add = commands.add_parser("prepare", help="workflow: decode and resize a dataset once")
    add.add_argument("--dataset", required=True)
    add.add_argument("--settings", default="{}", help="what the config says of it, as JSON")
    add.add_argument("--image-size", type=int, required=True)
    add.add_argument("--resize", choices=("stretch", "crop"), required=True)
    add.add_argument("--workers", type=int, default=1, help="threads")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_prepare, capped=lambda options: True)

    add = commands.add_parser("audit", help="workflow: audit a prepared dataset")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_audit)


def _add_trainings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("train", help="workflow: train and test one run")
    add.add_argument("--spec", required=True, help="the run, as JSON")
    add.add_argument("--key", default="{}", help="what it depends on besides, as JSON")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--weights", type=Path, nargs="?", help="start from this file")
    add.add_argument(
        "--out",
        type=Path,
        nargs="+",
        required=True,
        help="metrics.json, in the folder for all else, and a .safetensors where weights are kept",
    )
    add.add_argument("--range-test", type=Path, nargs="?", help="what find-lr wrote")
    add.set_defaults(run=_train, capped=_is_portable)

    add = commands.add_parser("find-lr", help="workflow: run a learning-rate range test")
    add.add_argument("--spec", required=True, help="a run of the configuration, as JSON")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--weights", type=Path, nargs="?", help="start from this file")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_find_lr, capped=_is_portable)

    add = commands.add_parser("speed", help="workflow: measure inference and training of a network")
    add.add_argument("architecture")
    add.add_argument("--input", type=int, required=True, help="side of the image in pixels")
    add.add_argument("--channels", type=int, choices=(1, 3), required=True)
    add.add_argument("--threads", type=int, required=True)
    add.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True)
    add.add_argument("--portable", action="store_true", help="with what portable runs may use")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_speed, capped=lambda options: options.portable)

    add = commands.add_parser("import-weights", help="workflow: import weights trained elsewhere")
    add.add_argument("--spec", required=True, help="which, as JSON")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_import_weights, capped=lambda options: True)


def _add_results(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("explain", help="workflow: compute filters, feature and activation maps")
    add.add_argument("--spec", action="append", required=True, help="a run, as JSON; several times")
    add.add_argument("--run", action="append", type=Path, required=True, help="its folder", dest="runs")
    add.add_argument("--weights", action="append", default=[], help="NAME=FILE that runs start from")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_explain)

    add = commands.add_parser("aggregate", help="workflow: collect the runs into tables")
    add.add_argument("config", type=Path)
    add.add_argument("--out", type=Path, default=TABLES)
    add.set_defaults(run=_aggregate)

    add = commands.add_parser("compare", help="workflow: compare configurations with the best")
    add.add_argument("--tables", type=Path, default=TABLES)
    add.set_defaults(run=_compare)

    add = commands.add_parser("report", help="workflow: render the HTML report")
    add.add_argument("config", type=Path)
    add.add_argument("--tables", type=Path, default=TABLES)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_report)


def _job(options: argparse.Namespace) -> int:
    from convbench.cli import parser
    from convbench.jobs.outputs import output_of
    from convbench.jobs.process import run_job

    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    output = output_of(parser().parse_args(arguments))
    return run_job(arguments, options.log, options.attempt, output)


def _resolve(options: argparse.Namespace) -> None:
    from convbench.planning.read import write_grid

    write_grid(options.grid, options.out)


def _open_store(options: argparse.Namespace) -> None:
    from convbench.jobs.track import prepare_store

    prepare_store(options.uri, options.out)


def _pin(options: argparse.Namespace) -> None:
    from convbench.jobs.fetch import pin_all

    pin_all(options.dataset)


def _prepare(options: argparse.Namespace) -> None:
    from convbench.config.datasets import DatasetSettings
    from convbench.jobs.prepare import prepare

    settings = DatasetSettings.model_validate_json(options.settings)
    size, resize = options.image_size, options.resize
    prepare(options.dataset, settings, size, resize, options.workers, options.out)


def _audit(options: argparse.Namespace) -> None:
    from convbench.jobs.audit import audit

    audit(options.prepared, options.out)


def _train(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.jobs.outputs import results_of_training
    from convbench.jobs.train import train

    spec = RunSpec.model_validate_json(options.spec)
    folder, keep = results_of_training(options.out)
    train(spec, options.prepared, options.weights, folder, keep, options.range_test, key=options.key)


def _find_lr(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.jobs.find_lr import find_lr

    spec = RunSpec.model_validate_json(options.spec)
    find_lr(spec, options.prepared, options.weights, options.out)


def _speed(options: argparse.Namespace) -> None:
    from convbench.jobs.speed import measure_speed

    measure_speed(
        options.architecture,
        options.input,
        options.channels,
        options.threads,
        options.device,
        options.out,
    )


def _import_weights(options: argparse.Namespace) -> None:
    from convbench.config.weights import ImportSpec
    from convbench.jobs.import_weights import import_into

    import_into(ImportSpec.model_validate_json(options.spec), options.out)


def _explain(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.jobs.explain import explain

    specs = [RunSpec.model_validate_json(text) for text in options.spec]
    weights = {name: Path(file) for name, _, file in (each.partition("=") for each in options.weights)}
    folders = dict(zip((spec.id for spec in specs), options.runs, strict=True))
    explain(specs, folders, weights, options.prepared, options.out)


def _aggregate(options: argparse.Namespace) -> None:
    from convbench.jobs.aggregate import aggregate
    from convbench.planning.read import read_plan

    aggregate(read_plan(options.config), options.out)


def _compare(options: argparse.Namespace) -> None:
    from convbench.jobs.compare import compare_runs

    compare_runs(options.tables)


def _report(options: argparse.Namespace) -> None:
    from convbench.planning.read import read_plan
    from convbench.report.write import report

    report(read_plan(options.config), options.tables, options.out)
