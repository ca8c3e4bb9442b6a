"""Write what the documentation says of the code: the tables, the defaults and the README's tree.

``python docs/generate.py`` writes them; a test compares them with the code.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from convbench.planning.defaults import DEFAULTS, Default
from convbench.results.rows import About, columns_of
from convbench.results.schema import TABLES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "convbench"
TABLES_PAGE = ROOT / "docs" / "reference" / "tables.md"
DEFAULTS_PAGE = ROOT / "docs" / "reference" / "defaults.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- tree: python docs/generate.py -->\n", "<!-- end of tree -->\n"
_LONGEST = 72
"""Characters of a description; a longer one is cut after a sentence, or at a colon."""
_TEMPLATES = "The template of each page; in shared/ the frame of all pages, its style and its scripts"

_INTRODUCTION = """\
# Tables

`results/tables/` holds each table twice: as Parquet and as CSV. A missing value is empty, never zero.
Scores and probabilities are fractions: 0.98 is 98%. So are differences of scores: 0.01 is one point.

`python docs/generate.py` writes this page from the row classes in `src/convbench/results/schema/`.
"""


def tables_page() -> str:
    """Return the reference of the tables as Markdown."""
    return "\n".join([_INTRODUCTION, *(_table(name, kind) for name, kind in TABLES.items())])


def _table(name: str, kind: type) -> str:
    about = (kind.__doc__ or "").partition(": ")[2].replace("``", "`")
    rows = "\n".join(_row(column, each) for column, each in columns_of(kind).items())
    text = " ".join(f"{about[:1].upper()}{about[1:]}".split())
    return f"## `{name}`\n\n{text}\n\n| column | unit | meaning |\n|---|---|---|\n{rows}\n"


def _row(column: str, about: About) -> str:
    unit = about.unit if about.format != "points" else ""  # a fraction in the files
    return f"| `{column}` | {unit} | {about.description.replace('``', '`')} |"


_DEFAULTS_INTRODUCTION = """\
# Defaults

What a config does not say about training has a default. It depends on what the strategy trains, on
the network, and on the number of training images, in bands: up to 200, up to 1,000, up to 10,000, more.
Of several that fit, the first is taken. Values in the config win. `convbench check CONFIG` prints the
defaults that a grid uses, and each run's spec holds them in full.

"Measured" means: on validation images of 40 classes of Caltech-101, with a SqueezeNet and an
EfficientNet-Lite0 pretrained on ImageNet, 5, 15 and 27 training images per class. `evaluate` trains
nothing and needs none of these.

`python docs/generate.py` writes this page from `src/convbench/planning/defaults.py`.
"""
_IN_WORDS = {
    "trains": {
        ("classifier",): "only the classifier is trained",
        ("top", "all"): "layers of the backbone are trained",
    },
    "pretrained": {(True,): "from pretrained weights", (False,): "from random weights"},
    "family": {("vgg",): "VGG", ("vit", "swin", "maxvit"): "ViT, Swin, MaxViT"},
    "normalized": {(True,): "with normalization layers", (False,): "without normalization layers"},
    "optimizer": {("sgd",): "SGD", ("adamw",): "AdamW"},
    "standardise_features": {(True,): "standardised features"},
}


def defaults_page() -> str:
    """Return the reference of the defaults as Markdown."""
    rows = [_default_row(key, each) for key, defaults in DEFAULTS.items() for each in defaults]
    heading = "| key | default | where | reason | source |\n|---|---|---|---|---|"
    return "\n".join([_DEFAULTS_INTRODUCTION, heading, *rows, ""])


def _default_row(key: str, default: Default) -> str:
    value = str(default.value).lower() if isinstance(default.value, bool) else default.value
    return f"| `{key}` | `{value}` | {_where(default)} | {default.reason} | {default.source} |"


def _where(default: Default) -> str:
    """Say in words in which situations a default is taken."""
    parts = []
    for name, wanted in default.when.items():
        values = wanted if isinstance(wanted, tuple) else (wanted,)
        if name == "band":
            parts.append(f"{values[-1]!s} training images")
        else:
            parts.append(_IN_WORDS[name][values])
    return "; ".join(parts) or "everywhere else"


def tree() -> str:
    """Return the files of the package with what each is for, as a block of Markdown."""
    return "\n".join(["```", "src/convbench/", *_lines(PACKAGE, "  "), "```", ""])


def _lines(folder: Path, indent: str) -> Iterator[str]:
    """Yield a line for each file of a folder, then those of its subfolders."""
    files = [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    width = max((len(path.name) for path in files), default=0)
    for path in files:
        yield f"{indent}{path.name:{width}}  {_purpose(path)}"
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        start = inner / "__init__.py"
        if start.exists():
            yield f"{indent}{inner.name + '/':{width}}  {_purpose(start)}"
            yield from _lines(inner, indent + "  ")
        elif inner.name == "templates":
            yield f"{indent}{inner.name + '/':{width}}  {_TEMPLATES}"


def _purpose(path: Path) -> str:
    """Return the first line of a module's docstring, cut where it may be."""
    text = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
    text = text.replace("``", "").rstrip(".")
    ends = [found.start() for found in re.finditer(r"(?<! al)[.;:] ", text)]
    fitting = [end for end in ends if 25 < end <= _LONGEST]
    return text[: max(fitting)] if fitting and len(text) > _LONGEST else text


def with_tree(readme: str) -> str:
    """Return the README with the tree of today."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{tree()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    TABLES_PAGE.write_text(tables_page(), encoding="utf-8")
    DEFAULTS_PAGE.write_text(defaults_page(), encoding="utf-8")
    README.write_text(with_tree(README.read_text(encoding="utf-8")), encoding="utf-8")
