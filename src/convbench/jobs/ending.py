"""The summary of a grid that Snakemake prints last: how many runs ended how."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convbench.files import read_json
from convbench.planning.plan import Plan
from convbench.results.attempts import asked_again, without_key
from convbench.results.folders import METRICS, PREPARED, REPORTS, RUNS, TABLES, TRACKED
from convbench.results.metrics import outcome_of

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
    folders = [plan.run_folder(run) for run in plan.runs]
    outcomes = Counter(outcome_of(folder) for folder in folders)
    counts = [f"{outcomes[name]} {name}" for name in _ORDER if outcomes[name]]
    if outcomes[""]:
        counts.append(f"{outcomes['']} not run yet")
    number = f"{len(folders)} run{'s' * (len(folders) != 1)}"
    lines = [f"{plan.grid.name}: {number}: {', '.join(counts)}."]
    if again := _again(plan):
        lines.append(f"The same command again repeats {again}.")
    if outcomes["failed"]:
        lines.append(f"To repeat those that failed: convbench retry {config}, then the same command.")
    current = done and _is_newer(_INDEX, [folder / METRICS for folder in folders])
    if current:
        lines += [*_reproduced(plan), *_tracking(config)]
    lines.append(_report(done=done, current=current))
    return Summary("\n".join(lines), bool(outcomes["failed"] or outcomes["killed"]))


def _again(plan: Plan) -> str:
    """Say what the next call repeats: the runs that were killed, and what was not to be had."""
    jobs = asked_again()
    trainings = {job_of_run(plan, run) for run in plan.runs}
    runs = sum(job in trainings for job in jobs)
    datasets = plan.grid.dataset_names()
    before = {
        *(f"fetch/{name}" for name in datasets),
        *(f"prepare/{plan.prepared(name).relative_to(PREPARED)}" for name in datasets),
        *(f"import_weights/{name}/{plan.weights[name]}" for name in plan.imports),
        *(f"pretrain/{name}/{plan.weights[name]}" for name in plan.pretrainings),
    }
    others = [without_key(job) for job in jobs if job in before]
    killed = [f"{runs} killed run{'s' * (runs > 1)}"] if runs else []
    return " and ".join([*killed, *others])


def job_of_run(plan: Plan, run: str) -> str:
    """Name the job that trains a run."""
    return f"train/{plan.run_folder(run).relative_to(RUNS)}"


def _reproduced(plan: Plan) -> list[str]:
    from convbench.analysis.reproduction import reproduction  # here: pandas takes a moment
    from convbench.report.text.reproduction import sentence
    from convbench.results.rows import read_table
    from convbench.results.schema import RunRow

    found = reproduction(plan.grid.name, read_table(TABLES / "runs.parquet", RunRow))
    return [sentence(found)] if found else []


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
