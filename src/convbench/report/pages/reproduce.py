"""The page on reproduction: expected numbers, data, environments, and every run."""

from collections.abc import Collection
from urllib.parse import quote

from markupsafe import Markup

from convbench.analysis.reproduction import reproduction
from convbench.data.base import SPLITS, Split
from convbench.data.prepared import Card
from convbench.report.pages.html import fill
from convbench.report.pages.run import runs_with_page
from convbench.report.pages.table import Shown, Table, columns, link, marks, shown, written
from convbench.report.results import Results
from convbench.report.text.reproduction import sentence
from convbench.results.rows import rows_of
from convbench.results.schema import RunRow

_NOT_EXPECTED = "The repository has no expected numbers for this grid."
_SPLITS = {"train": "Training", "val": "Validation", "test": "Test"}


def render(results: Results) -> str:
    """Return the page as HTML."""
    pages = frozenset(runs_with_page(results))
    found = reproduction(results.plan.grid.name, results.runs)
    return fill(
        "reproduce",
        results,
        reproduction=sentence(found) if found else _NOT_EXPECTED,
        datasets=_datasets(results),
        environments=results.environments,
        store=results.store,
        runs=_runs(results, pages),
        with_page=len(pages),
    )


def _datasets(results: Results) -> Table[Card]:
    def name(card: Card) -> Markup:
        mark = marks(results.badges, card.dataset)
        return Markup("{}{}").format(link(f"data.html#{card.dataset}", card.dataset), mark)

    def code(text: str) -> Markup:
        return Markup("<code>{}</code>").format(text)

    return Table(
        "Data",
        list(results.cards.values()),
        [
            Shown("Dataset", value=lambda card: card.dataset, write=name),
            Shown("Classes", value=lambda card: len(card.classes), format="count"),
            *(_images(split) for split in SPLITS),
            Shown("Side, px", value=lambda card: card.image_size, format="count"),
            Shown("Pin (data.dvc)", value=lambda card: card.pin, write=lambda card: code(card.pin)),
            Shown(
                "Prepared (SHA-256)",
                value=lambda card: card.digest,
                write=lambda card: code(card.digest[:16]),
            ),
        ],
    )


def _images(split: Split) -> Shown[Card]:
    return Shown(_SPLITS[split], value=lambda card: card.images[split], format="count")


def _runs(results: Results, pages: Collection[str]) -> Table[RunRow]:
    def name(row: RunRow) -> str:
        address = f"runs/{quote(row.run_id)}.html"
        return link(address, row.run_id) if row.run_id in pages else row.run_id

    def test(row: RunRow) -> Markup:
        score = written(row.test_score, "percent")
        return Markup("{}{}").format(score, marks(results.badges, row.dataset))

    return Table(
        "All runs",
        rows_of(results.runs, RunRow),
        [
            shown(RunRow, RunRow.run_id, write=name),
            shown(RunRow, RunRow.outcome, write=_outcome),
            shown(RunRow, RunRow.val_score),
            shown(RunRow, RunRow.test_score, write=test),
            *columns(RunRow, RunRow.best_epoch, RunRow.train_seconds),
        ],
        sortable=True,
        id="all-runs",
        row_id=lambda row: row.run_id,
    )


def _outcome(row: RunRow) -> str:
    return f"{row.outcome}: {row.reason}" if row.reason else row.outcome
