"""The first page: the best configuration of each task, the findings, and the leaderboards."""

from convbench.analysis.depth import degradations, depths
from convbench.report.pages.html import fill
from convbench.report.pages.leaderboard import leaderboards
from convbench.report.results import Results
from convbench.report.text.depth import sentence
from convbench.report.text.findings import FACTORS as FACTORS_PAGE
from convbench.report.text.findings import Sentence, findings
from convbench.report.text.glossary import words_of
from convbench.report.text.question import question
from convbench.report.text.warnings import warnings


def render(results: Results) -> str:
    """Return the page as HTML."""
    boards = leaderboards(results)
    depth = degradations(depths(results.runs, results.epochs))
    return fill(
        "overview",
        results,
        question=question(results.plan.grid, results.runs),
        leaderboards=boards,
        validation={
            board.task.dataset: board.card.images["val"]
            for board in boards
            if board.entries and board.card
        },
        words=words_of(results.plan.grid),
        findings=[
            *findings(results.runs, results.configurations, results.effects, results.variance),
            *(Sentence(sentence(each), FACTORS_PAGE) for each in depth),
        ],
        warnings=warnings(results),
    )
