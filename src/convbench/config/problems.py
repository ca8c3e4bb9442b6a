"""Error messages on a config, in the config's own keys."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from convbench.config.spec import NUMBER, WORD

RENAMED: Mapping[str, str] = {"body_lr": "backbone_lr"}
"""Key of an earlier version -> what it is called now."""

_IN_YAML = {
    "tuple_type": "should be a list, such as [0, 1]",
    "mapping_type": "should be a mapping, lines of 'key: value'",
    "dict_type": "should be a mapping, lines of 'key: value'",
    "model_type": "should be a mapping, lines of 'key: value'",
    "string_pattern_mismatch": "should be of a-z, 0-9 and _; a task may end in @ and a number from 1, "
    "augmentations may be joined by +, an architecture of your own is module:function, a backbone_lr is "
    "a number or lr/10, and a sha256 is 64 of 0-9 and a-f",
}
"""Pydantic's messages, in words of YAML instead of Python."""


def problems_of(
    error: ValidationError, config: type[BaseModel], sections: Mapping[str, type[BaseModel]]
) -> list[str]:
    """Describe each error of pydantic in a line: the key, its value and what would be right.

    ``config`` is what was validated; ``sections`` names the class of the entries below some of its keys.
    """
    errors: list[dict[str, Any]] = [dict(each) for each in error.errors()]
    inner = {each["loc"][:-1] for each in errors}  # a list whose items are wrong is not empty
    shown = [each for each in errors if not (each["type"] == "too_short" and each["loc"] in inner)]
    return [_problem(each, config, sections) for each in shown]


def _problem(
    error: dict[str, Any], config: type[BaseModel], sections: Mapping[str, type[BaseModel]]
) -> str:
    location = ".".join(str(part) for part in error["loc"] if part not in ("[key]", NUMBER, WORD))
    if error["type"] == "missing":
        return f"{location}: this key is missing"
    if error["type"] == "extra_forbidden":
        if (name := RENAMED.get(str(error["loc"][-1]))) is not None:
            return f"{location}: this key is now called {name}"
        model = config if len(error["loc"]) == 1 else sections[error["loc"][0]]
        return f"{location}: unknown key; there are {', '.join(sorted(model.model_fields))}"
    message = _IN_YAML.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{location}: {error['input']!r}: {message}" if location else message
