"""Warnings on the first page."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from convbench.analysis.summary import at_chance_level
from convbench.report.results import Environment, Results
from convbench.report.text.missing import missing
from convbench.results.rows import rows_of
from convbench.results.schema import RunRow, SummaryRow

_UNEVEN = 1.5  # times the seconds of the fastest seed that the slowest takes, before a warning


def warnings(results: Results) -> list[str]:
    """Return the warnings of a report, what is missing first."""
    return [
        *missing(results.plan, results.runs, results.speed),
        *_data(results),
        *_at_chance_level(results),
        *_rates(results.runs),
        *mixed(results.environments),
        *uneven(results.summary),
        *_seeds(results.runs),
    ]


def _data(results: Results) -> Iterator[str]:
    trained = set(results.runs[RunRow.dataset])
    for name, badges in results.badges.items():
        for badge in badges:
            yield f"{name}{'' if name in trained else ' (pretraining only)'}: {badge.text}"


def _at_chance_level(results: Results) -> Iterator[str]:
    classes = {name: len(card.classes) for name, card in results.cards.items()}
    for run in at_chance_level(results.runs, classes):
        yield f"{run} does not exceed chance level."


def _rates(runs: pd.DataFrame) -> Iterator[str]:
    warned = runs[runs[RunRow.rate_warning] != ""].drop_duplicates(RunRow.label)
    for row in rows_of(warned, RunRow):
        yield f"{row.label}: {row.rate_warning}."


def mixed(environments: Sequence[Environment]) -> list[str]:
    """Warn of runs that were made in several environments, or by several versions of the program."""
    machines = {str(_without_commit(each.values)) for each in environments}
    commits = {each.values["commit"] for each in environments}
    found = []
    if len(machines) > 1:
        found.append(
            f"The runs were made in {len(machines)} different environments (see Reproduce): do not "
            "compare their seconds."
        )
    if len(commits) > 1:
        found.append(
            f"The runs were made with {len(commits)} commits of this program (see Reproduce). Runs "
            "whose code had changed were repeated."
        )
    return found


def _without_commit(environment: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in environment.items() if name != "commit"}


def uneven(summary: pd.DataFrame) -> list[str]:
    """Warn of training times that differ between runs that differ by their seed alone."""
    slowest, fastest = summary[SummaryRow.train_seconds_max], summary[SummaryRow.train_seconds_min]
    ratios = (slowest / fastest).astype(float)
    if not (ratios > _UNEVEN).any():
        return []
    return [
        f"Training times differ up to {ratios.max():.1f}-fold between runs that differ by their seed "
        "alone, because of early stopping or other load on the machine: read seconds as rough values."
    ]


def _seeds(runs: pd.DataFrame) -> Iterator[str]:
    if runs[RunRow.seed].nunique() == 1:
        yield (
            "One seed: intervals and tests cover other test images and other pairs of runs. The "
            "effect of another seed is unknown."
        )
