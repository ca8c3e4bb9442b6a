import json

import pytest
from pydantic import ValidationError

from convbench.config.spec import RunSpec, canonical_json


def test_equal_specs_have_equal_text_whatever_their_keys_order(spec):
    values = spec.model_dump()
    shuffled = RunSpec(**dict(reversed(values.items())))

    assert canonical_json(shuffled) == canonical_json(spec)
    written = json.loads(canonical_json(spec))
    assert list(written) == sorted(written)


def test_an_option_that_is_off_is_not_written_so_a_new_one_changes_no_run(spec):
    written = json.loads(canonical_json(spec))

    assert "channels" not in written
    assert "perturbation" not in written
    assert "ema" not in written["hyperparameters"]
    assert "train_size" in written
    on = spec.model_copy(update={"channels": 1})
    assert json.loads(canonical_json(on))["channels"] == 1


@pytest.mark.parametrize(
    ("architecture", "folder"),
    [("resnet20", "resnet20"), ("my_nets.small:build", "my_nets.small.build")],
)
def test_a_runs_folder_has_no_colon(spec, architecture, folder):
    own = spec.model_copy(update={"architecture": architecture})

    assert own.id == f"digits/{folder}/scratch/affine/s0"


def test_a_whole_number_and_its_float_are_the_same_rate(spec):
    one = spec.model_dump() | {"hyperparameters": spec.hyperparameters.model_dump() | {"lr": 1}}
    other = spec.model_dump() | {"hyperparameters": spec.hyperparameters.model_dump() | {"lr": 1.0}}

    assert canonical_json(RunSpec(**one)) == canonical_json(RunSpec(**other))


def test_text_reads_back_as_the_same_spec(spec):
    assert RunSpec.model_validate_json(canonical_json(spec)) == spec


def test_a_spec_cannot_change(spec):
    with pytest.raises(ValidationError):
        spec.seed = 1
