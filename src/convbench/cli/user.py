"""The commands that a user types."""

import argparse
from pathlib import Path

from convbench.errors import UserError
from convbench.results.folders import CONFIG, TABLES, TRACKED


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a parser."""
    _add_before(commands)
    _add_after(commands)


def _add_before(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what is asked before a grid runs."""
    add = commands.add_parser("check", help="check a config and print what it asks for")
    add.add_argument("config", type=Path)
    add.set_defaults(run=_check)

    add = commands.add_parser("inspect", help="print how a folder, archive or table would be read")
    add.add_argument("path", type=Path)
    add.set_defaults(run=_inspect)

    add = commands.add_parser("anatomy", help="print the layers of a network")
    add.add_argument("architecture", help="resnet18, ..., or your own as package.module:function")
    add.add_argument("--input", type=int, default=224, help="side of the image in pixels (224)")
    add.add_argument("--classes", type=int, default=1000, help="(1000)")
    add.set_defaults(run=_anatomy)

    add = commands.add_parser("fetch", help="download or copy a dataset and check it")
    add.add_argument("dataset")
    add.add_argument("--config", type=Path, help="the config that describes it, if it is your own")
    add.add_argument("--renew", action="store_true", help="fetch it again and pin the result")
    add.add_argument("--settings", help=argparse.SUPPRESS)
    add.set_defaults(run=_fetch, capped=lambda options: True)

    add = commands.add_parser("verify", help="compare datasets with data.dvc, byte for byte")
    add.add_argument("dataset", nargs="+")
    add.set_defaults(run=_verify)


def _add_after(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what is asked of results."""
    add = commands.add_parser("why", help="print whether a run is up to date and, if not, why")
    add.add_argument("run_id", metavar="RUN", help="such as digits@200/resnet20/scratch/none/s0")
    add.add_argument("--config", type=Path, default=CONFIG, help=f"({CONFIG})")
    add.set_defaults(run=_why)

    add = commands.add_parser("retry", help="let the next snakemake repeat runs that did not finish")
    add.add_argument("config", type=Path)
    add.add_argument("pattern", nargs="?", default="*", help="of the runs' ids, such as '*/resnet20/*'")
    add.add_argument("--outcome", choices=("failed", "diverged", "killed"), default="failed")
    add.set_defaults(run=_retry)

    add = commands.add_parser("track", help="send the runs of a config to MLflow now")
    add.add_argument("config", type=Path)
    add.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    add.set_defaults(run=_track)

    add = commands.add_parser("diff", help="compare the runs of two results folders")
    add.add_argument("one", type=Path)
    add.add_argument("other", type=Path)
    add.set_defaults(run=_diff)

    add = commands.add_parser("reproduced", help="compare results with the expected numbers")
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


def _check(options: argparse.Namespace) -> None:
    from convbench.commands.check import check

    check(options.config)


def _inspect(options: argparse.Namespace) -> None:
    from convbench.commands.inspect import inspect

    inspect(options.path)


def _anatomy(options: argparse.Namespace) -> None:
    from convbench.commands.anatomy import show_anatomy

    show_anatomy(options.architecture, options.input, options.classes)


def _fetch(options: argparse.Namespace) -> None:
    from convbench.config.datasets import DatasetSettings
    from convbench.jobs.fetch import fetch
    from convbench.planning.datasets import settings_of
    from convbench.planning.read import read_grid

    described = read_grid(options.config).datasets if options.config else {}
    settings = settings_of(options.dataset, described)
    if options.settings:
        settings = DatasetSettings.model_validate_json(options.settings)
    fetch(options.dataset, settings, renew=options.renew)


def _verify(options: argparse.Namespace) -> None:
    from convbench.jobs.fetch import check_all

    check_all(options.dataset)


def _why(options: argparse.Namespace) -> int:
    from convbench.commands.why import why
    from convbench.planning.read import read_plan

    return int(not why(read_plan(options.config), options.run_id))


def _retry(options: argparse.Namespace) -> None:
    from convbench.commands.retry import retry
    from convbench.planning.read import read_plan

    retry(read_plan(options.config), options.outcome, options.pattern)


def _track(options: argparse.Namespace) -> None:
    from convbench.jobs.track import track
    from convbench.planning.read import read_plan

    track(read_plan(options.config), options.out or TRACKED)


def _diff(options: argparse.Namespace) -> int:
    from convbench.commands.diff import diff

    return min(diff(options.one, options.other), 1)


def _reproduced(options: argparse.Namespace) -> int:
    from convbench.commands.reproduced import expect, report_reproduction
    from convbench.planning.read import read_plan

    grid = read_plan(options.config).grid.name
    if options.update:
        expect(grid, options.tables, options.perturbed)
        return 0
    if options.perturbed:
        raise UserError("--perturbed goes with --update: it is what the bands are made from")
    return int(not report_reproduction(grid, options.tables, strict=options.strict))
