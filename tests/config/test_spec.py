import json

import pytest
from pydantic import ValidationError

from convbench.config.spec import RunSpec, canonical_json


def test_equal_specs_have_equal_text_whatever_their_keys_order(spec):
    values = spec.model_dump()
    shuffled = RunSpec(**dict(reversed(values.items())))

    assert canonical_json(shuffled) == canonical_json(spec)
    assert list(json.loads(canonical_json(spec))) == sorted(RunSpec.model_fields)


def test_a_whole_number_and_its_float_are_the_same_rate(spec):
    one = spec.model_dump() | {"optimisation": spec.optimisation.model_dump() | {"lr": 1}}
    other = spec.model_dump() | {"optimisation": spec.optimisation.model_dump() | {"lr": 1.0}}

    assert canonical_json(RunSpec(**one)) == canonical_json(RunSpec(**other))


def test_text_reads_back_as_the_same_spec(spec):
    assert RunSpec.model_validate_json(canonical_json(spec)) == spec


def test_a_spec_cannot_change(spec):
    with pytest.raises(ValidationError):
        spec.seed = 1
