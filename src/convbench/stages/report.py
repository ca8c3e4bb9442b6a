"""Write the report of one grid."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from convbench.analysis.convergence import time_to_target
from convbench.analysis.findings import FACTORS as FACTORS_PAGE
from convbench.analysis.findings import Sentence, findings, transfers
from convbench.analysis.summary import (
    FACTORS,
    TASK,
    below_chance,
    best_by_validation,
    by_validation,
    cells,
    cheapest_near,
    runs_of,
)
from convbench.config.datasets import in_words
from convbench.data.prepared import Card, open_prepared
from convbench.files import make_folder, read_json, write_text
from convbench.report.anatomy_page import render_anatomy
from convbench.report.data_page import render_data
from convbench.report.inside_page import render_inside
from convbench.report.page import Leaderboard, Report, render
from convbench.stages.journal import METRICS, Record
from convbench.stages.plan import Plan
from convbench.stages.report_anatomy import anatomy_page
from convbench.stages.report_data import Badges, badges_of, data_page
from convbench.stages.report_errors import hardest_of
from convbench.stages.report_figures import Results, figures_of, hover_of, worded
from convbench.stages.report_inside import inside_page
from convbench.stages.report_learning import depth_findings
from convbench.stages.report_runs import chosen_runs, run_pages
from convbench.stages.report_words import words_of
from convbench.stages.reproduction import reproduction
from convbench.stages.runs import PREPARED, RUNS, pretraining_folder, store_address

_ONE = {
    "architectures": "architecture",
    "strategies": "strategy",
    "augmentations": "augmentation",
}
_UNEVEN = 1.5  # how many times the fastest seed's seconds the slowest's are, before it is said


def report(plan: Plan, tables: Path, out: Path) -> None:
    """Write the pages that compare the runs in ``tables``: ``out``, and the others beside it."""
    speeds = pd.read_parquet(tables / "speed.parquet")
    results = _results(tables, speeds)
    runs, epochs = results.runs, results.epochs
    cards = {name: open_prepared(PREPARED / name).card for name in plan.grid.dataset_names()}
    badges = badges_of(plan)
    machines, pretraining = _environments(plan), _pretraining(plan)
    with_page = chosen_runs(runs, by_validation(results.summary)[list(FACTORS)])
    depth = [Sentence(text, FACTORS_PAGE) for text in depth_findings(runs, epochs)]
    content = Report(
        name=plan.grid.name,
        question=_question(plan, runs),
        findings=[*findings(runs, results.comparisons, results.effects, results.variance), *depth],
        transfers=[vars(each) for each in transfers(runs)],
        architectures=list(runs["architecture"].unique()),
        words=words_of(plan.grid),
        leaderboards=_leaderboards(results, cards, badges, pretraining),
        figures=figures_of(plan, tables, results, cards),
        hover=hover_of(results, cards),
        effects=worded(results.effects).to_dict("records"),
        convergence=_convergence(results.convergence),
        guidelines=pd.read_parquet(tables / "guidelines.parquet").to_dict("records"),
        pretraining=pretraining,
        imported=[f"{spec.architecture}: {spec.weights}" for spec in plan.imports.values()],
        speeds=speeds.to_dict("records"),
        datasets=[vars(card) for card in cards.values()],
        labels=_labels(pd.read_parquet(tables / "labels.parquet"), runs, results.summary),
        hardest={
            name: hardest_of(runs, results.summary, str(name))
            for name in results.summary["dataset"].unique()
        },
        badges=badges,
        environments=machines,
        runs=runs,
        with_page=frozenset(with_page),
        reproduction=_reproduction(plan, tables),
        warnings=_warnings(runs, results.summary, cards, badges, machines),
        store=store_address(plan.grid.tracking_uri),
    )
    pages = {
        "data.html": render_data(data_page(plan)),
        "anatomy.html": render_anatomy(anatomy_page(plan)),
        "inside.html": render_inside(inside_page(plan, badges)),
    }
    shutil.rmtree(out.parent / "runs", ignore_errors=True)  # those of a grid before this one
    of_runs = run_pages(plan, runs, with_page, badges)
    for name, html in chain({**pages, **render(content)}.items(), of_runs):
        make_folder((out.parent / name).parent)
        write_text(out.parent / name, html)
    print(f"{out}: {len(runs)} runs compared")


def _results(tables: Path, speeds: pd.DataFrame) -> Results:
    read = {
        name: pd.read_parquet(tables / f"{name}.parquet")
        for name in ("runs", "epochs", "comparisons", "effects", "variance", "convergence")
    }
    runs = read["runs"]
    speed = speeds[["architecture", "predict_ms"]]
    return Results(
        **read
        | {
            "summary": cells(runs).merge(speed, on="architecture", how="left"),
            "epochs": read["epochs"].merge(runs, on="run_id", suffixes=("", "_run")),
            "convergence": _learned(read["convergence"], runs),
        }
    )


def _learned(convergence: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return how each run learned, with its columns; nothing of those that did not finish."""
    finished = runs.loc[runs["outcome"] == "finished", "run_id"]
    known = convergence[convergence["run_id"].isin(finished)]
    return runs.merge(known, on="run_id", how="left")


def _question(plan: Plan, runs: pd.DataFrame) -> str:
    grid = plan.grid
    sizes = [f"{size:,}" for size in sorted(runs["train_size"].unique())]
    listed = sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} or {sizes[-1]}"
    datasets = " and ".join(runs["dataset"].unique())
    axes = {
        "architectures": grid.architectures,
        "strategies": list(grid.strategies),
        "augmentations": grid.augmentations,
    }
    choices = [f"{len(names)} {noun}" for noun, names in axes.items() if len(names) > 1]
    fixed = [f"{_ONE[noun]} {names[0]}" for noun, names in axes.items() if len(names) == 1]
    aside = f" ({', '.join(fixed)})" if fixed else ""
    given = f"With {listed} training images of {datasets}{aside}"
    if not choices:
        return f"{given}: how good is it, and what does it cost?"
    several = " and ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
    return f"{given}: which of {several} is best, and what does it cost?"


def _leaderboards(
    results: Results,
    cards: Mapping[str, Card],
    badges: Badges,
    pretraining: Sequence[Mapping[str, Any]],
) -> list[Leaderboard]:
    compared = results.comparisons.drop(columns=["seeds", "val", "test"])
    summary = results.summary.merge(compared, on=list(FACTORS))
    prices = {(each["architecture"], each["source"]): each["train_seconds"] for each in pretraining}
    starts = zip(summary["architecture"], summary["weights"], strict=True)
    summary["pretraining"] = [prices.get(start, 0.0) for start in starts]
    boards = []
    for (dataset, size), task in summary.groupby(["dataset", "train_size"], sort=True):
        card, cheapest = cards[str(dataset)], cheapest_near(task)
        boards.append(
            Leaderboard(
                dataset=str(dataset),
                size=int(size),
                rows=by_validation(task).to_dict("records"),
                image_size=card.image_size,
                validation_images=card.images["val"],
                score=in_words(card.score),
                multi_label=card.multi_label,
                badges=badges.get(str(dataset), []),
                cheapest=None if cheapest is None else cheapest.to_dict(),
            )
        )
    return boards


def _convergence(runs: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Summarise how the runs of each cell learned: means over the seeds that have the number."""
    measures = ("epochs_to_target", "epochs_to_near", "seconds_to_near")
    found = runs.groupby(list(FACTORS), sort=False).agg(
        **{name: (name, "mean") for name in (*measures, "area", "gap", "instability")}
    )
    timed = time_to_target(runs, FACTORS, TASK)
    return list(found.reset_index().merge(timed, on=list(FACTORS)).to_dict("records"))


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


def _mixed(machines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say where runs were made on several machines, or by several states of the program."""
    beside = [{k: v for k, v in each.items() if k not in ("commit", "runs")} for each in machines]
    different = len({str(each) for each in beside})
    commits = len({each["commit"] for each in machines})
    said = []
    if different > 1:
        said.append(
            f"The runs were made in {different} different surroundings (see Reproduce): "
            "their seconds do not compare."
        )
    if commits > 1:
        said.append(
            f"The runs were made by {commits} commits of this program (see Reproduce); those whose code "
            "had changed were made again."
        )
    return said


def _uneven(summary: pd.DataFrame) -> list[str]:
    """Say where runs that differ by their seed alone took unlike times."""
    ratios = (summary["seconds_high"] / summary["seconds_low"]).astype(float)
    if not (ratios > _UNEVEN).any():
        return []
    return [
        f"Seconds of training differ up to {ratios.max():.1f}-fold between runs that differ by their "
        "seed alone, by early stopping or by what else the machine did: read them as rough."
    ]


def _reproduction(plan: Plan, tables: Path) -> str:
    result = reproduction(plan.grid.name, tables)
    if result is None:
        return "The repository carries no expected numbers for this grid."
    return result.in_words()


def _labels(labels: pd.DataFrame, runs: pd.DataFrame, summary: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Return the scores label by label of the best cell of each task whose images carry several."""
    found: list[Mapping[str, Any]] = []
    several = summary[summary["test_f2"].notna()]
    for (dataset, size), task in several.groupby(["dataset", "train_size"], sort=True):
        best = best_by_validation(task)
        own = labels[labels["run_id"].isin(runs_of(best, runs)["run_id"])]
        rows = own.groupby("label", sort=False).mean(numeric_only=True).reset_index()
        found.append({"dataset": dataset, "size": size, "best": best, "rows": rows.to_dict("records")})
    return found


def _warnings(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    cards: Mapping[str, Card],
    badges: Badges,
    machines: Sequence[Mapping[str, Any]],
) -> list[str]:
    unfinished = runs[runs["outcome"] != "finished"]
    warnings = [f"{row.run_id} {row.outcome}: {row.reason}" for row in unfinished.itertuples()]
    trained = set(runs["dataset"])
    warnings += [
        f"{name}{'' if name in trained else ' (pretraining only)'}: {badge['text']}"
        for name, own in badges.items()
        for badge in own
    ]
    classes = {name: len(card.classes) for name, card in cards.items()}
    warnings += [f"{run} does no better than guessing." for run in below_chance(runs, classes)]
    rates = runs[runs["rate_warning"] != ""].drop_duplicates("strategy")
    warnings += [f"{row.strategy}: {row.rate_warning}." for row in rates.itertuples()]
    warnings += _mixed(machines)
    warnings += _uneven(summary)
    if runs["seed"].nunique() == 1:
        warnings.append(
            "One seed: intervals and tests speak of other test images and other pairs of runs; how much "
            "another seed would change cannot be said."
        )
    return warnings
