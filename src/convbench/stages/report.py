"""Render the report of one grid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from convbench.analysis.findings import findings, transfers
from convbench.analysis.guidelines import NOT_TESTED
from convbench.analysis.summary import FACTORS, below_chance, best_by_validation, cells
from convbench.config.datasets import in_words
from convbench.data.prepared import Card, open_prepared
from convbench.files import read_json, write_text
from convbench.report import figures
from convbench.report.anatomy_page import render_anatomy
from convbench.report.data_page import render_data
from convbench.report.page import Leaderboard, Page, render
from convbench.stages.journal import METRICS, Record
from convbench.stages.plan import Plan
from convbench.stages.report_anatomy import anatomy_page
from convbench.stages.report_data import Badges, badges_of, data_page
from convbench.stages.report_learning import depth_findings, learning_figures
from convbench.stages.reproduction import reproduction
from convbench.stages.runs import PREPARED, RUNS, pretraining_folder, store_address


def report(plan: Plan, tables: Path, out: Path) -> None:
    """Write the page that compares the runs in ``tables``."""
    runs = pd.read_parquet(tables / "runs.parquet")
    epochs = pd.read_parquet(tables / "epochs.parquet").merge(runs, on="run_id", suffixes=("", "_run"))
    summary = cells(runs)
    cards = {name: open_prepared(PREPARED / name).card for name in plan.grid.dataset_names()}
    badges = badges_of(plan)
    page = Page(
        name=plan.grid.name,
        question=_question(plan, runs),
        findings=[*findings(runs), *depth_findings(runs, epochs)],
        transfers=[vars(each) for each in transfers(runs)],
        architectures=list(runs["architecture"].unique()),
        leaderboards=_leaderboards(summary, cards, badges),
        figures=[
            *_figures(runs, summary, epochs, cards),
            *learning_figures(plan, tables, runs, epochs),
        ],
        guidelines=_guidelines(tables),
        pretraining=_pretraining(plan),
        datasets=[vars(card) for card in cards.values()],
        labels=_labels(tables, summary),
        badges=badges,
        environments=_environments(plan),
        runs=runs,
        reproduction=_reproduction(plan, tables),
        warnings=_warnings(runs, cards, badges),
        store=store_address(plan.grid.tracking_uri),
    )
    write_text(out.with_name("data.html"), render_data(data_page(plan)))
    write_text(out.with_name("anatomy.html"), render_anatomy(anatomy_page(plan)))
    write_text(out, render(page))
    print(f"{out}: {len(runs)} runs compared")


def _question(plan: Plan, runs: pd.DataFrame) -> str:
    grid = plan.grid
    sizes = [f"{size:,}" for size in sorted(runs["train_size"].unique())]
    listed = sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} or {sizes[-1]}"
    datasets = " and ".join(runs["dataset"].unique())
    return (
        f"With {listed} training images of {datasets}: which of "
        f"{_number(grid.architectures, 'architecture')}, "
        f"{_number(list(grid.strategies), 'strategy')} and "
        f"{_number(grid.augmentations, 'augmentation')} is best, and what does it cost?"
    )


def _number(names: Sequence[str], noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{len(names)} {noun if len(names) == 1 else plural}"


def _leaderboards(summary: pd.DataFrame, cards: Mapping[str, Card], badges: Badges) -> list[Leaderboard]:
    boards = []
    for (dataset, size), task in summary.groupby(["dataset", "train_size"], sort=True):
        rows = task.sort_values("val", ascending=False, kind="stable").to_dict("records")
        card = cards[str(dataset)]
        score = in_words(card.score)
        boards.append(
            Leaderboard(
                str(dataset), int(size), rows, score, card.multi_label, badges.get(str(dataset), [])
            )
        )
    return boards


def _figures(
    runs: pd.DataFrame, summary: pd.DataFrame, epochs: pd.DataFrame, cards: Mapping[str, Card]
) -> list[figures.Figure]:
    if summary.empty:
        return []
    finished = runs[runs["outcome"] == "finished"]
    colours = figures.colours_of(runs["strategy"])
    drawn: list[figures.Figure] = []
    for name in finished["dataset"].unique():
        own = [data[data["dataset"] == name] for data in (finished, summary, epochs)]
        score = in_words(cards[str(name)].score)
        drawn += _figures_of(str(name), own[0], own[1], own[2], colours, score)
    return [*drawn, figures.parameters(summary, colours)]


def _figures_of(
    dataset: str,
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    epochs: pd.DataFrame,
    colours: figures.Colours,
    score: str,
) -> list[figures.Figure]:
    """Draw what has axes of its own on each dataset."""
    return [
        figures.accuracy_by_size(dataset, runs, colours, score),
        figures.accuracy_by_seconds(dataset, summary, colours, score),
        figures.convergence(dataset, epochs, colours, score),
    ]


def _pretraining(plan: Plan) -> list[Mapping[str, Any]]:
    return [
        {
            "architecture": spec.architecture,
            "source": spec.dataset,
            **read_json(pretraining_folder(spec) / METRICS),
        }
        for spec in plan.pretrainings.values()
    ]


def _environments(plan: Plan) -> list[Mapping[str, Any]]:
    """Return the distinct surroundings of the grid's runs: one, unless machines were mixed."""
    found: dict[str, Mapping[str, Any]] = {}
    counts: Counter[str] = Counter()
    for run in plan.runs:
        record = Record.read(RUNS / run)
        assert record is not None, "the report comes after every run"
        key = str(record.header["environment"])
        found[key] = record.header["environment"]
        counts[key] += 1
    return [{**surroundings, "runs": counts[key]} for key, surroundings in found.items()]


def _reproduction(plan: Plan, tables: Path) -> str:
    result = reproduction(plan.grid.name, tables)
    if result is None:
        return "The repository carries no expected numbers for this grid."
    return f"Against the numbers that the repository expects: {result.in_words()}"


def _labels(tables: Path, summary: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Return the scores label by label of the best cell of each task whose images carry several."""
    found: list[Mapping[str, Any]] = []
    labels = pd.read_parquet(tables / "labels.parquet")
    runs = pd.read_parquet(tables / "runs.parquet")
    several = summary[summary["test_f2"].notna()]
    for (dataset, size), task in several.groupby(["dataset", "train_size"], sort=True):
        best = best_by_validation(task)
        same = (runs[list(FACTORS)] == best[list(FACTORS)]).all(axis=1)
        own = labels[labels["run_id"].isin(runs["run_id"][same])]
        rows = own.groupby("label", sort=False).mean(numeric_only=True).reset_index()
        found.append({"dataset": dataset, "size": size, "best": best, "rows": rows.to_dict("records")})
    return found


def _guidelines(tables: Path) -> list[Mapping[str, Any]]:
    """Return the rules of thumb that this grid says anything of."""
    verdicts = pd.read_parquet(tables / "guidelines.parquet")
    return list(verdicts[verdicts["verdict"] != NOT_TESTED].to_dict("records"))


def _warnings(runs: pd.DataFrame, cards: Mapping[str, Card], badges: Badges) -> list[str]:
    unfinished = runs[runs["outcome"] != "finished"]
    warnings = [f"{row.run_id} {row.outcome}: {row.reason}" for row in unfinished.itertuples()]
    warnings += [f"{name}: {badge['text']}" for name, own in badges.items() for badge in own]
    classes = {name: len(card.classes) for name, card in cards.items()}
    warnings += [f"{run} does no better than guessing." for run in below_chance(runs, classes)]
    rates = runs[runs["rate_warning"] != ""].drop_duplicates("strategy")
    warnings += [f"{row.strategy}: {row.rate_warning}." for row in rates.itertuples()]
    if runs["seed"].nunique() == 1:
        warnings.append("One seed: how much of a difference is chance cannot be said.")
    return warnings
