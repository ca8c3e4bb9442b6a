"""Mark failed jobs, so that Snakemake runs them again."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from convbench.errors import UserError
from convbench.jobs.ending import job_of_run
from convbench.planning.plan import Plan
from convbench.results.attempts import ask_again, read_attempts, without_key
from convbench.results.metrics import read_result

_OTHERS = ("pretrain/", "rates/", "speed/", "audit/", "explain/")
"""Jobs other than runs that may have failed, by the folders of their logs."""


def retry(plan: Plan, outcome: str, pattern: str) -> None:
    """Make the runs of a grid that ended with ``outcome`` and whose ids fit ``pattern`` runnable again.

    Also the jobs beside the runs that ended so: ``speed/resnet20``. Raises ``UserError`` where there are
    none.
    """
    jobs = [*_runs(plan, outcome, pattern), *_beside(outcome, pattern)]
    if not jobs:
        fitting = "" if pattern == "*" else f" whose id fits {pattern!r}"
        raise UserError(f"no run of {plan.grid.name}{fitting} has the outcome {outcome!r}")
    for job in jobs:
        ask_again(job, outcome)
        print(without_key(job).removeprefix("train/"))
    print(f"{len(jobs)} to run again with the next snakemake")


def _runs(plan: Plan, outcome: str, pattern: str) -> Iterator[str]:
    for run in plan.runs:
        found = read_result(plan.run_folder(run)) if fnmatchcase(run, pattern) else None
        if found is not None and found.metrics.outcome == outcome:
            yield job_of_run(plan, run)


def _beside(outcome: str, pattern: str) -> Iterator[str]:
    for job, last in sorted(read_attempts().items()):
        if (
            job.startswith(_OTHERS)
            and fnmatchcase(without_key(job), pattern)
            and last.outcome == outcome
        ):
            yield job
