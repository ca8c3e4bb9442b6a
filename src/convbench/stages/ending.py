"""How a grid ended, in a few lines: the last that Snakemake prints."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convbench.files import read_json
from convbench.stages.attempts import asked_again
from convbench.stages.folders import METRICS, REPORTS, RUNS, TABLES, TRACKED
from convbench.stages.plan import Plan
from convbench.stages.reproduction import reproduction

_INDEX = REPORTS / "index.html"
_ORDER = ("finished", "diverged", "failed", "killed")


@dataclass(frozen=True)
class Summary:
    """What to print, and whether anything in it went wrong."""

    text: str
    broken: bool
    """Whether runs failed or were killed."""


def summary_of(plan: Plan, config: str, *, done: bool) -> Summary:
    """Count how the runs of a grid ended, and say what to do about those that did not finish.

    ``done``: whether all jobs ended as they should, so that the report is of these runs.
    """
    runs = [RUNS / run / METRICS for run in plan.runs]
    outcomes = Counter(_outcome(metrics) for metrics in runs)
    counts = [f"{outcomes[name]} {name}" for name in _ORDER if outcomes[name]]
    if outcomes[""]:
        counts.append(f"{outcomes['']} not run yet")
    number = f"{len(runs)} run{'s' * (len(runs) != 1)}"
    lines = [f"{plan.grid.name}: {number}: {', '.join(counts)}."]
    if again := _again(plan):
        lines.append(f"The same command again repeats {again}.")
    if outcomes["failed"]:
        lines.append(f"To repeat those that failed: convbench retry {config}, then the same command.")
    current = done and _is_newer(_INDEX, runs)
    if current:
        lines += [*_reproduced(plan), *_tracking(config)]
    lines.append(_report(done=done, current=current))
    return Summary("\n".join(lines), bool(outcomes["failed"] or outcomes["killed"]))


def _again(plan: Plan) -> str:
    """Say what the next call repeats: the runs that were killed, and what was not to be had."""
    jobs = asked_again()
    runs = sum(job.removeprefix("train/") in plan.runs for job in jobs)
    datasets = plan.grid.dataset_names()
    before = {
        "fetch": datasets,
        "prepare": datasets,
        "import_weights": plan.imports,
        "pretrain": plan.pretrainings,
    }
    others = [job for job in jobs if job.partition("/")[2] in before.get(job.partition("/")[0], ())]
    killed = [f"{runs} killed run{'s' * (runs > 1)}"] if runs else []
    return " and ".join([*killed, *others])


def _outcome(metrics: Path) -> str:
    return str(read_json(metrics)["outcome"]) if metrics.exists() else ""


def _reproduced(plan: Plan) -> list[str]:
    found = reproduction(plan.grid.name, TABLES)
    return [found.in_words()] if found else []


def _tracking(config: str) -> list[str]:
    reason = read_json(TRACKED).get("reason") if TRACKED.exists() else None
    return [f"MLflow lacks these runs: {reason}. Later: convbench track {config}"] if reason else []


def _is_newer(report: Path, runs: Sequence[Path]) -> bool:
    """Tell whether a report was made after all metrics."""
    if not report.exists():
        return False
    made = report.stat().st_mtime
    return all(path.exists() and path.stat().st_mtime <= made for path in runs)


def _report(*, done: bool, current: bool) -> str:
    """Say where the report is, or that the one that is there is not of these runs."""
    if current:
        return f"The report: {_INDEX}"
    why = "This call was asked for no report" if done else "The grid did not come to its end, see above"
    return f"{why}{f'; {_INDEX} is of an earlier call' if _INDEX.exists() else ''}."
