"""Which source files a result depends on.

Snakemake sees the command ``python -m convbench``, not the code behind it, so each rule declares that
code as input. It is found by following the import statements of the modules that do the work,
without going through the catalogues: they import every entry, a run depends on its own alone.
"""

import ast
import importlib.util
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_PACKAGE = "convbench"
_CATALOGUES = frozenset(f"{_PACKAGE}.{name}" for name in ("data", "models", "augment", "strategies"))


def sources_of(modules: Iterable[str]) -> list[str]:
    """Return the files of ``modules`` and of all that they import from this package, sorted.

    Paths are relative to the working folder, so that a moved project is not a changed one.
    """
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting.extend(_imports(module))
    return sorted(os.path.relpath(_file(module)) for module in seen)


@cache
def _imports(module: str) -> frozenset[str]:
    """Return the modules of this package, catalogues left out, that ``module`` names in imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(_file(module).read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    ours = {name for name in names if name.startswith(f"{_PACKAGE}.")}
    return frozenset(name for name in ours - _CATALOGUES if _is_module(name))


@cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a function's name, below a module that is no package
        return False


@cache
def _file(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)
