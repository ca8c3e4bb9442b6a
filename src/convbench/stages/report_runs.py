"""The pages of single runs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from convbench.analysis.errors import confusion, most_confused
from convbench.data.prepared import Prepared, open_prepared, why_absent
from convbench.report.data_page import Strip
from convbench.report.pictures import strip
from convbench.report.run_page import ClassRow, Curves, Line, RunPage, render_run
from convbench.stages.folders import PREPARED, RUNS
from convbench.stages.journal import Record
from convbench.stages.plan import Plan
from convbench.stages.predictions import Predictions, read_predictions
from convbench.stages.report_data import Badges
from convbench.stages.runs import store_address

LIMIT, SPOKEN = 300, 50
"""Runs with pages of their own: all up to the first; of more the second, broken and best ones first."""
_EXAMPLES = 5  # right ones, and as many wrong ones


def chosen_runs(runs: pd.DataFrame, best: pd.DataFrame) -> list[str]:
    """Return the runs that have a page: all where there are few, else those that are spoken of by name.

    ``best``: the cells, in the order in which their runs are wanted.
    """
    if len(runs) <= LIMIT:
        return list(runs["run_id"])
    broken = runs.loc[runs["outcome"] != "finished", "run_id"]
    keys = [name for name in best.columns if name in runs]
    spoken = best.merge(runs, on=keys, how="left")["run_id"]
    return list(dict.fromkeys([*broken, *spoken]))[:SPOKEN]


def run_pages(
    plan: Plan, runs: pd.DataFrame, chosen: list[str], badges: Badges
) -> Iterator[tuple[str, str]]:
    """Yield the file, under ``reports``, and the HTML of each chosen run."""
    names = [name for name in runs["dataset"].unique() if not why_absent(PREPARED / name)]
    opened = {name: open_prepared(PREPARED / name) for name in names}
    rows = runs.set_index("run_id", drop=False)
    for name in chosen:
        row = rows.loc[name].to_dict()
        page = _page(plan, row, opened.get(row["dataset"]), badges)
        yield f"runs/{name}.html", render_run(page)


def _page(plan: Plan, row: Mapping[str, Any], data: Prepared | None, badges: Badges) -> RunPage:
    name = row["run_id"]
    record = Record.read(RUNS / name)
    assert record is not None, "the report comes after every run"
    said = read_predictions(RUNS / name)
    one = data if data is not None and len(said.ids) > 0 and not data.card.multi_label else None
    return RunPage(
        name=plan.grid.name,
        run=row,
        log="" if pd.isna(row["log"]) else row["log"],
        badges=badges.get(row["dataset"], []),
        curves=_curves(record.epochs, str(row["score"]).replace("_", " ")),
        classes=_classes(said, one) if one else [],
        examples=list(_examples(said, one)) if one else [],
        spec=json.dumps(record.header["spec"], indent=1),
        data_digest=record.header["data_digest"],
        environment=record.header["environment"],
        command=command_of(name),
        store=store_address(plan.grid.tracking_uri),
    )


def command_of(run: str) -> str:
    """Return the line that repeats a run, whatever the grid's config is called."""
    return (
        f"snakemake --cores 1 --force --configfile results/grid.json -- results/runs/{run}/metrics.json"
    )


def _curves(epochs: list[dict[str, Any]], score: str) -> list[Curves]:
    if not epochs:
        return []
    losses = [Line(said, [e[f"{key}_loss"] for e in epochs]) for key, said in _SIDES.items()]
    scores = [Line("validation", [e["val_score"] for e in epochs])]
    if score == "accuracy" and epochs[0]["train_accuracy"] is not None:
        scores.append(Line("training", [e["train_accuracy"] for e in epochs]))
    return [Curves(score.capitalize(), scores, True), Curves("Loss, nats", losses, False)]


_SIDES = {"val": "validation", "train": "training"}


def _classes(said: Predictions, data: Prepared) -> list[ClassRow]:
    counts = confusion(said.labels, [said.probabilities])
    worst = {each.true: each for each in reversed(most_confused(counts, counts.size))}
    names = data.card.classes
    return [
        ClassRow(
            name=names[number],
            images=int(row.sum()),
            right=float(row[number] / max(row.sum(), 1)),
            taken_for=f"{names[worst[number].said]} ({worst[number].share:.0%})"
            if number in worst
            else "",
        )
        for number, row in enumerate(counts)
    ]


def _examples(said: Predictions, data: Prepared) -> Iterator[Strip]:
    """Show the images that the run is surest of: some that it gets right, then some that it does not."""
    answers, sure = said.probabilities.argmax(axis=1), said.probabilities.max(axis=1)
    names = data.card.classes
    for right in (True, False):
        places = np.flatnonzero((answers == said.labels) == right)
        for place in places[np.argsort(-sure[places], kind="stable")][:_EXAMPLES]:
            true, answer = names[said.labels[place]], names[answers[place]]
            caption = f"{true}: right" if right else f"{true}, taken for {answer}"
            yield Strip(
                f"{caption} ({sure[place]:.1%} sure)",
                strip(data.pixels[[said.ids[place]]]),
                f"A test image of {true}",
            )
