"""What holds for the definitions of every catalogue."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from inspect import signature

import pytest

from convbench.augment import AUGMENTS
from convbench.catalogue import DESCRIBES, Lazy, key_values, lazy
from convbench.models import ARCHITECTURES, architecture_of
from convbench.strategies import STRATEGIES, strategy_of

REFERENCES = {
    **{f"augmentation {name}": entry.apply for name, entry in AUGMENTS.items()},
    **{f"architecture {name}": entry.build for name, entry in ARCHITECTURES.items()},
    **{f"strategy {name}": entry.phases for name, entry in STRATEGIES.items()},
    "torchvision": architecture_of("resnet18").build,
    "torchvision, another classifier": architecture_of("squeezenet1_1").build,
    "fine_tune_last_2": strategy_of("fine_tune_last_2").phases,
}
HEAVY = {"torch", "torchvision", "pandas", "scipy", "sklearn", "pyarrow", "matplotlib", "mlflow"}


def _loaded_by(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("name", ["augment", "data", "models", "scores", "strategies"])
def test_a_catalogue_is_read_without_torch(name):
    assert _loaded_by(f"import convbench.{name}") == set()


@pytest.mark.parametrize("reference", REFERENCES.values(), ids=REFERENCES)
def test_an_entry_refers_to_a_function_that_takes_its_settings(reference):
    """Mypy does not look into a reference: this does."""
    assert isinstance(reference, Lazy)
    keywords = {
        name: parameter
        for name, parameter in signature(reference.function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    needed = {name for name, each in keywords.items() if each.default is each.empty}

    assert needed <= set(reference.settings) <= set(keywords)
    assert reference.function.__module__ == reference.__module__
    assert reference.function.__name__ == reference.name


def test_a_module_is_imported_at_the_first_call():
    statement = "from convbench.catalogue import lazy; sine = lazy('scipy.special:sindg')"

    assert _loaded_by(statement) == set()
    assert "scipy" in _loaded_by(f"{statement}; assert sine(90.0) == 1")


def test_settings_are_further_keywords():
    assert lazy("math:isclose", rel_tol=0.1)(1.0, 1.05)
    assert not lazy("math:isclose", rel_tol=0.01)(1.0, 1.05)
    assert lazy("math:isclose").__module__ == "math"


@dataclass(frozen=True)
class _Entry:
    function: object
    parts: tuple[str, ...] = ()
    description: str = field(default="", metadata=DESCRIBES)


def test_what_a_definition_says_is_in_the_key_except_descriptions():
    entry = _Entry(lazy("math:isclose", rel_tol=0.1), ("a", "b"), "close")

    assert key_values(entry) == {"function": ["isclose", {"rel_tol": 0.1}], "parts": ["a", "b"]}
    assert key_values(replace(entry, description="near")) == key_values(entry)


def test_a_plain_function_is_named():
    assert key_values(_Entry(_loaded_by)) == {"function": "_loaded_by", "parts": []}
