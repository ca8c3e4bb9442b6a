"""The command line: one subcommand a stage. Parses, nothing else.

Each stage is imported when it is called: a training needs no MLflow, a diff no torch.
"""

import argparse
import json
import os
import sys
import traceback
from pathlib import Path

from convbench import __version__
from convbench.errors import (
    EXIT_EXCEPTION,
    EXIT_MEMORY,
    EXIT_USER_ERROR,
    UserError,
    is_out_of_memory,
)
from convbench.portable import cap
from convbench.stages.folders import TABLES, TRACKED


def main(arguments: list[str] | None = None) -> None:
    """Run one subcommand; a user's mistake ends with one message, each error with its own status."""
    options = _parser().parse_args(arguments)
    if options.capped(options):  # here, before a stage brings torch and NumPy along
        cap()
    try:
        code = options.run(options)
    except UserError as error:
        print(f"convbench {options.command}: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except BrokenPipeError:  # who reads has seen enough: convbench anatomy ... | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        sys.exit(EXIT_MEMORY if is_out_of_memory(error) else EXIT_EXCEPTION)
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="convbench", description="Stages of the benchmark.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(capped=lambda options: False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser("check", help="check a config file and say what it comes to")
    add.add_argument("config", type=Path)
    add.set_defaults(run=_check)

    add = commands.add_parser("inspect", help="say what would be made of a folder, archive or table")
    add.add_argument("path", type=Path)
    add.set_defaults(run=_inspect)

    add = commands.add_parser("anatomy", help="say what a network is made of, layer by layer")
    add.add_argument("architecture", help="resnet18, ..., or your own as package.module:function")
    add.add_argument("--input", type=int, default=224, help="side of the image in pixels (224)")
    add.add_argument("--classes", type=int, default=1000, help="(1000)")
    add.set_defaults(run=_anatomy)

    add = commands.add_parser("fetch", help="make a dataset, unless it is there, and check it")
    add.add_argument("dataset")
    add.add_argument("--config", type=Path, help="the config that describes it, if it is your own")
    add.add_argument("--renew", action="store_true", help="make it again, and pin what comes out")
    add.add_argument("--settings", help=argparse.SUPPRESS)
    add.set_defaults(run=_fetch, capped=lambda options: True)

    add = commands.add_parser("verify", help="check datasets against data.dvc, byte for byte")
    add.add_argument("dataset", nargs="+")
    add.set_defaults(run=_verify)

    add = commands.add_parser("track", help="mirror the runs of a config in MLflow, now")
    add.add_argument("config", type=Path)
    add.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    add.set_defaults(run=_track)

    add = commands.add_parser("retry", help="let the next snakemake repeat runs that did not finish")
    add.add_argument("config", type=Path)
    add.add_argument("pattern", nargs="?", default="*", help="of the runs' ids, such as '*/resnet20/*'")
    add.add_argument("--outcome", choices=("failed", "diverged", "killed"), default="failed")
    add.set_defaults(run=_retry)

    _add_checks(commands)
    _add_rules(commands)
    _add_trainings(commands)
    _add_results(commands)
    return parser


def _add_checks(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what compares results."""
    add = commands.add_parser("diff", help="compare the runs of two results folders")
    add.add_argument("one", type=Path)
    add.add_argument("other", type=Path)
    add.set_defaults(run=_diff)

    add = commands.add_parser("reproduced", help="compare the numbers with the expected ones")
    add.add_argument("config", type=Path)
    add.add_argument("--tables", type=Path, default=TABLES)
    add.add_argument("--strict", action="store_true", help="exit 1 unless every run is exact")
    add.add_argument("--update", action="store_true", help="make these the expected numbers")
    add.add_argument(
        "--perturbed",
        type=Path,
        metavar="FOLDER",
        help="with --update: results of the same grid with 'perturbation: 1e-7'; gives the bands",
    )
    add.set_defaults(run=_reproduced)


def _is_portable(options: argparse.Namespace) -> bool:
    """Tell whether a run asks for the same bits on all processors."""
    return bool(json.loads(options.spec).get("portable"))


def _add_rules(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what the workflow's rules call."""
    add = commands.add_parser("resolve", help="write the grid that Snakemake resolved")
    add.add_argument("--grid", required=True, help="as JSON")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_resolve)

    add = commands.add_parser("prepare", help="decode and resize a dataset once")
    add.add_argument("--dataset", required=True)
    add.add_argument("--settings", default="{}", help="what the config says of it, as JSON")
    add.add_argument("--image-size", type=int, required=True)
    add.add_argument("--resize", choices=("stretch", "crop"), required=True)
    add.add_argument("--workers", type=int, default=1, help="threads")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_prepare, capped=lambda options: True)

    add = commands.add_parser("audit", help="look for what makes a dataset's numbers doubtful")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_audit)

    add = commands.add_parser("open-store", help="create the MLflow store's tables")
    add.add_argument("--uri", required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_open_store)

    add = commands.add_parser("job", help="run one of these as a job, to a result however it ends")
    add.add_argument("--log", type=Path, required=True)
    add.add_argument("--attempt", type=int, required=True)
    add.add_argument("arguments", nargs=argparse.REMAINDER)
    add.set_defaults(run=_job)

    add = commands.add_parser("pin", help="put checked datasets where DVC looks for them")
    add.add_argument("dataset", nargs="+")
    add.set_defaults(run=_pin)


def _add_trainings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what the rules that train and measure call."""
    add = commands.add_parser("train", help="train and test one run")
    add.add_argument("--spec", required=True, help="the run, as JSON")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--weights", type=Path, nargs="?", help="start from this file")
    add.add_argument(
        "--out",
        type=Path,
        nargs="+",
        required=True,
        help="metrics.json, in the folder for all else, and a .safetensors where weights are kept",
    )
    add.add_argument("--rates", type=Path, nargs="?", help="what find-rate wrote")
    add.set_defaults(run=_train, capped=_is_portable)

    add = commands.add_parser("find-rate", help="test a range of learning rates")
    add.add_argument("--spec", required=True, help="a run of the cell, as JSON")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--weights", type=Path, nargs="?", help="start from this file")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_find_rate, capped=_is_portable)

    add = commands.add_parser("speed", help="measure how fast a network predicts and learns")
    add.add_argument("architecture")
    add.add_argument("--input", type=int, required=True, help="side of the image in pixels")
    add.add_argument("--channels", type=int, choices=(1, 3), required=True)
    add.add_argument("--threads", type=int, required=True)
    add.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True)
    add.add_argument("--portable", action="store_true", help="with what portable runs may use")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_speed, capped=lambda options: options.portable)

    add = commands.add_parser("import-weights", help="bring weights that were trained elsewhere")
    add.add_argument("--spec", required=True, help="which, as JSON")
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_import_weights, capped=lambda options: True)


def _add_results(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what the rules after the runs call."""
    add = commands.add_parser("explain", help="open the trained networks of an architecture")
    add.add_argument("--spec", action="append", required=True, help="a run, as JSON; several times")
    add.add_argument("--prepared", type=Path, required=True)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_explain)

    add = commands.add_parser("aggregate", help="collect the runs into tables")
    add.add_argument("config", type=Path)
    add.add_argument("--out", type=Path, default=TABLES)
    add.set_defaults(run=_aggregate)

    add = commands.add_parser("compare", help="compare every way to train with the best of its task")
    add.add_argument("--tables", type=Path, default=TABLES)
    add.set_defaults(run=_compare)

    add = commands.add_parser("report", help="render the HTML report")
    add.add_argument("config", type=Path)
    add.add_argument("--tables", type=Path, default=TABLES)
    add.add_argument("--out", type=Path, required=True)
    add.set_defaults(run=_report)


def _check(options: argparse.Namespace) -> None:
    from convbench.stages.grid import check

    check(options.config)


def _resolve(options: argparse.Namespace) -> None:
    from convbench.stages.grid import write_grid

    write_grid(options.grid, options.out)


def _fetch(options: argparse.Namespace) -> None:
    from convbench.config.datasets import DatasetSettings
    from convbench.stages.datasets import settings_of
    from convbench.stages.fetch import fetch
    from convbench.stages.grid import read_plan

    described = read_plan(options.config).grid.datasets if options.config else {}
    settings = settings_of(options.dataset, described)
    if options.settings:
        settings = DatasetSettings.model_validate_json(options.settings)
    fetch(options.dataset, settings, renew=options.renew)


def _inspect(options: argparse.Namespace) -> None:
    from convbench.stages.inspect import inspect

    inspect(options.path)


def _anatomy(options: argparse.Namespace) -> None:
    from convbench.stages.anatomy import show_anatomy

    show_anatomy(options.architecture, options.input, options.classes)


def _verify(options: argparse.Namespace) -> None:
    from convbench.stages.fetch import check_all

    check_all(options.dataset)


def _prepare(options: argparse.Namespace) -> None:
    from convbench.config.datasets import DatasetSettings
    from convbench.stages.prepare import prepare

    settings = DatasetSettings.model_validate_json(options.settings)
    prepare(
        options.dataset,
        settings,
        options.image_size,
        options.resize,
        options.workers,
        options.out,
    )


def _audit(options: argparse.Namespace) -> None:
    from convbench.stages.audit import audit

    audit(options.prepared, options.out)


def _open_store(options: argparse.Namespace) -> None:
    from convbench.stages.track import prepare_store

    prepare_store(options.uri, options.out)


def _job(options: argparse.Namespace) -> int:
    from convbench.stages.job import run_job
    from convbench.stages.tasks import task_of

    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    task = task_of(_parser().parse_args(arguments))
    return run_job(arguments, options.log, options.attempt, task)


def _pin(options: argparse.Namespace) -> None:
    from convbench.stages.fetch import pin_all

    pin_all(options.dataset)


def _train(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.stages.tasks import results_of_training
    from convbench.stages.train import train

    spec = RunSpec.model_validate_json(options.spec)
    folder, keep = results_of_training(options.out)
    train(spec, options.prepared, options.weights, folder, keep, options.rates)


def _find_rate(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.stages.range_test import find_rate

    spec = RunSpec.model_validate_json(options.spec)
    find_rate(spec, options.prepared, options.weights, options.out)


def _speed(options: argparse.Namespace) -> None:
    from convbench.stages.speed import measure_speed

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
    from convbench.stages.import_weights import bring

    bring(ImportSpec.model_validate_json(options.spec), options.out)


def _explain(options: argparse.Namespace) -> None:
    from convbench.config.spec import RunSpec
    from convbench.stages.explain import explain

    specs = [RunSpec.model_validate_json(text) for text in options.spec]
    explain(specs, options.prepared, options.out)


def _track(options: argparse.Namespace) -> None:
    from convbench.stages.grid import read_plan
    from convbench.stages.track import track

    track(read_plan(options.config), options.out or TRACKED)


def _retry(options: argparse.Namespace) -> None:
    from convbench.stages.grid import read_plan
    from convbench.stages.retry import retry

    retry(read_plan(options.config), options.outcome, options.pattern)


def _aggregate(options: argparse.Namespace) -> None:
    from convbench.stages.aggregate import aggregate
    from convbench.stages.grid import read_plan

    aggregate(read_plan(options.config), options.out)


def _compare(options: argparse.Namespace) -> None:
    from convbench.stages.compare import compare_runs

    compare_runs(options.tables)


def _report(options: argparse.Namespace) -> None:
    from convbench.stages.grid import read_plan
    from convbench.stages.report import report

    report(read_plan(options.config), options.tables, options.out)


def _diff(options: argparse.Namespace) -> int:
    from convbench.stages.diff import diff

    return min(diff(options.one, options.other), 1)


def _reproduced(options: argparse.Namespace) -> int:
    from convbench.stages.grid import read_plan
    from convbench.stages.reproduction import expect, report_reproduction

    grid = read_plan(options.config).grid.name
    if options.update:
        expect(grid, options.tables, options.perturbed)
        return 0
    if options.perturbed:
        raise UserError("--perturbed goes with --update: it is what the bands are made from")
    return int(not report_reproduction(grid, options.tables, strict=options.strict))
