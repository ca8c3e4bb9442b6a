"""Base of catalogue entries: functions that are imported when they are first called.

A catalogue is read to plan a grid, which takes no torch. So a definition refers to its function by name,
as an entry point does, and the function's module is imported when it is first called.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

P = ParamSpec("P")
R = TypeVar("R")

DESCRIBES: Mapping[str, bool] = {"describes": True}
"""Metadata of a field that no number depends on: a rewording of it leaves every run as it is."""


class Lazy(Generic[P, R]):
    """A function whose module, ``__module__``, is imported at the first call."""

    def __init__(self, reference: str, **settings: object) -> None:
        self.__module__, _, self.name = reference.partition(":")
        self.settings = settings

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function with ``settings`` as further keywords."""
        return self.function(*args, **kwargs, **self.settings)

    @cached_property
    def function(self) -> Callable[..., R]:
        """The function itself."""
        found: Callable[..., R] = getattr(importlib.import_module(self.__module__), self.name)
        return found


def lazy(reference: str, **settings: object) -> Callable[P, R]:
    """Refer to a function as ``package.module:function``, with the keywords that an entry gives it.

    >>> lazy("math:isclose", rel_tol=0.1)(1.0, 1.05)
    True
    """
    found: Lazy[P, R] = Lazy(reference, **settings)
    return found


def key_values(definition: "DataclassInstance") -> dict[str, object]:
    """Return the fields of a definition that are part of a run's key, as values of JSON's kinds.

    Of a function these are the keywords that the entry gives it: its code is not looked at here.
    """
    values = {
        each.name: getattr(definition, each.name)
        for each in fields(definition)
        if not each.metadata.get("describes")
    }
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, Lazy):
        return [value.name, {key: _plain(each) for key, each in value.settings.items()}]
    if callable(value):
        return getattr(value, "__qualname__", "")
    return list(value) if isinstance(value, tuple) else value
