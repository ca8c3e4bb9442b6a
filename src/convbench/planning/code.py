"""Which source files count in a run's key, and their digest.

Snakemake sees the command ``python -m convbench``, not the code behind it. The code of a result is found
by following the import statements of the modules that compute it, without going through the catalogues:
they hold every entry, and a result depends on its own alone (see ``planning.keys``). Comments,
docstrings, messages and what only writes, prints or validates do not count: they change no number.
"""

import ast
import hashlib
import importlib.util
import sysconfig
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

_PACKAGE = "convbench"
_ROOT = Path(__file__).parents[1]
_CATALOGUES = frozenset(
    f"{_PACKAGE}.{name}" for name in ("data", "models", "augment", "strategies", "scores")
)
OUTSIDE: Mapping[str, str] = {
    "cli": "parses the command line",
    "config": "validates what a user wrote; the values are in the spec",
    "results": "writes and reads files",
    "environment": "records the machine",
    "errors": "messages",
    "files": "writes files whole",
    "planning": "decides what to run",
    "jobs.progress": "prints",
    "vision": "imports torchvision",
}
"""Part of the package, as a prefix of its modules -> why it changes no number."""


def code_of(modules: Iterable[str]) -> str:
    """Return the digest of the code that computes numbers with ``modules``: 16 hexadecimal digits."""
    return _digest_of(frozenset(modules), whole=False)


def files_of(modules: Iterable[str]) -> Mapping[str, str]:
    """Return the files behind ``code_of``, each with its digest.

    Files are named relative to the package, a user's own module by its own name, so that a moved project
    has the same code.
    """
    return dict(_files_of(frozenset(modules), whole=False))


def code_of_pages(modules: Iterable[str]) -> str:
    """Return the digest of the code that makes tables and pages, with all that it imports."""
    found = _digest_of(frozenset(modules), whole=True)
    templates = sorted((_ROOT / "report").rglob("*.jinja"))
    texts = [path.read_text(encoding="utf-8") for path in templates]
    return hashlib.sha256("".join([found, *texts]).encode()).hexdigest()[:16]


@cache
def _digest_of(modules: frozenset[str], *, whole: bool) -> str:
    lines = [f"{digest}  {name}" for name, digest in _files_of(modules, whole=whole)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def _files_of(modules: frozenset[str], *, whole: bool) -> tuple[tuple[str, str], ...]:
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting.extend(each for each in _imports(module) if whole or not _changes_no_number(each))
    return tuple(sorted((_name(module), _digest(module)) for module in seen))


@cache
def _imports(module: str) -> frozenset[str]:
    """Return the modules of this package that a module imports, and a user's that a user's imports."""
    is_users = not _is_ours(module)
    return frozenset(
        name
        for name in _imported_names(module)
        if (_own_file(name) is not None if _is_ours(name) else is_users and _is_written_here(name))
    )


def _imported_names(module: str) -> set[str]:
    """Return what could be modules among the names that a module imports."""
    package = module if _file(module).name == "__init__.py" else module.rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            source = importlib.util.resolve_name(relative, package) if node.level else relative
            names.add(source)
            names.update(f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


def _is_ours(module: str) -> bool:
    return module.startswith(f"{_PACKAGE}.")


def _is_written_here(module: str) -> bool:
    """Tell whether a module is a user's own Python file: neither Python's nor installed."""
    try:
        spec = importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):  # a function's name, or a module without a file
        return False
    if spec is None or not str(spec.origin).endswith(".py") or not spec.has_location:
        return False
    path = Path(str(spec.origin))
    python = (sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
    return not any(path.is_relative_to(each) for each in python) and not _INSTALLED & {*path.parts}


_INSTALLED = {"site-packages", "dist-packages"}
"""Folders of installed packages: an environment may see those of another, or of the system."""


def _changes_no_number(module: str) -> bool:
    if module in _CATALOGUES:
        return True
    own = module.removeprefix(f"{_PACKAGE}.")
    return any(own == part or own.startswith(f"{part}.") for part in OUTSIDE)


@cache
def _digest(module: str) -> str:
    """Return the digest of what a module computes: of its syntax tree without texts."""
    tree = _WithoutTexts().visit(_tree(module))
    return hashlib.sha256(repr(_plain(tree)).encode()).hexdigest()[:16]


def _plain(node: object) -> object:
    """Return a syntax tree as lists without empty fields: newer versions of Python have more of them."""
    if isinstance(node, ast.AST):
        found = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return [type(node).__name__, *((name, _plain(value)) for name, value in found)]
    return [_plain(each) for each in node] if isinstance(node, list) else node


class _WithoutTexts(ast.NodeTransformer):
    """Leave out of a syntax tree what is for readers and changes no number.

    These are docstrings, printed lines, the messages of errors, and what a definition says of itself.
    """

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Leave out docstrings, a text below a field that describes it, and ``print(...)``."""
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return None
        prints = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "print"
        return None if prints else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Keep the kind of the error alone."""
        return ast.Raise(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Keep what is asserted."""
        return self.generic_visit(ast.Assert(node.test))

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        """Leave out ``title`` and ``description``."""
        return None if node.arg in ("title", "description") else self.generic_visit(node)


def _tree(module: str) -> ast.Module:
    return ast.parse(_file(module).read_bytes())


@cache
def _own_file(module: str) -> Path | None:
    """Return the file of a module of this package; ``None`` for another name, as of a function.

    Files are looked for here, as ``find_spec`` imports the packages above a module, and torch with them.
    """
    path = _ROOT.joinpath(*module.split(".")[1:])
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in found if file.exists()), None)


@cache
def _file(module: str) -> Path:
    if _is_ours(module):
        own = _own_file(module)
        assert own is not None, module
        return own
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


@cache
def _name(module: str) -> str:
    if not _is_ours(module):
        return f"{module}.py"
    return _file(module).relative_to(_ROOT).as_posix()
