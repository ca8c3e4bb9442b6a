"""One word, one meaning: what was renamed does not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATTERNS = (
    *("src/**/*.py", "src/**/*.jinja", "workflow/**/*.smk", "config/*.yaml", "config/*.md"),
    *("README.md", "CONTRIBUTING.md", "docs/**/*.md", "docs/**/*.py"),
)
TEXTS = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
RENAMED = {
    r"ways? to train": "configuration",
    r"same_body|body_lr|body rates?": "backbone",
    r"keeps_head|with_head|parts\.head": "classifier",
    r"budgets?|optimisations?|optimiser": "hyperparameters, optimizer",
    r"chances": "probabilities",
    r"told (apart|from)|not told": "significantly different",
    r"\w*accuracy_per_class": "balanced_accuracy",
    r"epochs_to_near": "epochs_to_95_percent",
    r"predict_ms|predict_batch_ms|learn_batch_ms": "inference_ms, inference_batch_ms, train_step_ms",
    r"small_turn|any_turn|flip_left_right|flip_up_down|hide_part": "the names in config.changes",
    r"surroundings": "environment",
    r"bring (it |them )?back|arrives?|send off": "restore, download, upload",
    r"speaks? (of|for|against)": "describes, refers to, is evidence for",
}
"""What nothing is called any more, as a regular expression -> what it is called."""
OLD_NAMES = {
    "src/convbench/config/datasets.py",
    "src/convbench/config/problems.py",
    "src/convbench/results/metrics.py",
}
"""Files that read or refuse what earlier versions wrote."""


@pytest.mark.parametrize("old", RENAMED)
def test_no_old_word_is_left(old):
    assert TEXTS
    found = [
        f"{name}:{number}: {match.group()} (now: {RENAMED[old]})"
        for path in TEXTS
        if (name := path.relative_to(ROOT).as_posix()) not in OLD_NAMES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := re.search(rf"\b({old})\b", line, re.IGNORECASE))
    ]

    assert found == []
