import pytest

from convbench.config.grid import Grid, StrategySettings, TaskSettings
from convbench.errors import UserError
from convbench.planning.runs import explained, pretraining_run, runs_of


def _explained(values):
    grid = Grid.parse(values, "a.yaml")
    return explained(grid, runs_of(grid))


def test_the_grid_is_the_product_of_its_lists_in_their_order(values):
    runs = [spec.id for spec in runs_of(Grid.parse(values, "a.yaml"))]

    assert len(runs) == 1 * 2 * 2 * 2 * 2
    assert runs[0] == "digits@20/simple_cnn/scratch/none/s0"
    assert runs[1] == "digits@20/simple_cnn/scratch/none/s1"
    assert runs[-1] == "digits@20/resnet20/fine_tune/affine/s1"


def test_a_task_without_a_number_takes_every_training_image(values):
    values["tasks"] = {"digits": {"epochs": 1, "batch_size": 5}}

    (spec, *_) = runs_of(Grid.parse(values, "a.yaml"))

    assert (spec.dataset, spec.train_size, spec.task) == ("digits", None, "digits")


def test_only_sources_that_a_strategy_starts_from_are_pretrained_on(values):
    values["strategies"].pop("fine_tune")

    assert Grid.parse(values, "a.yaml").sources() == []


def test_a_perturbation_reaches_every_run_and_pretraining(values):
    values["perturbation"] = "1e-7"  # as YAML reads it: a number without a point is text to it
    grid = Grid.parse(values, "a.yaml")

    runs = [*runs_of(grid), pretraining_run(grid, "resnet20", "letters")]

    assert {run.perturbation for run in runs} == {1e-7}


def _wrong(values, message):
    with pytest.raises(UserError) as caught:
        Grid.parse(values, "a.yaml")
    assert "a.yaml" in str(caught.value)
    assert message in str(caught.value)


def test_an_unknown_key_is_named_with_the_known_ones(values):
    values["architecture"] = ["resnet20"]
    _wrong(
        values,
        "architecture: unknown key; there are allow_label_breaking, architectures, augmentations, "
        "channels, datasets,",
    )


def test_an_unknown_key_of_a_strategy_is_named_with_its_place(values):
    values["strategies"]["scratch"]["learning_rate"] = 0.1
    _wrong(
        values, "strategies.scratch.learning_rate: unknown key; there are architectures, backbone_lr,"
    )


def test_an_unknown_key_of_a_task_is_named_with_its_place(values):
    values["tasks"]["digits@20"]["steps"] = 100
    _wrong(values, "tasks.digits@20.steps: unknown key; there are batch_size, epochs")


def test_a_missing_key_is_named(values):
    del values["seeds"]
    _wrong(values, "seeds: this key is missing")


def test_a_negative_learning_rate_is_named_with_its_value(values):
    values["strategies"]["scratch"]["lr"] = -0.1
    _wrong(values, "strategies.scratch.lr: -0.1: Input should be greater than 0")


def test_a_choice_is_named_with_the_choices(values):
    values["strategies"]["scratch"]["optimizer"] = "adam"
    _wrong(values, "strategies.scratch.optimizer: 'adam': Input should be 'sgd' or 'adamw'")


def test_a_name_listed_twice_is_refused(values):
    values["seeds"] = [0, 1, 0]
    _wrong(values, "seeds: [0, 1, 0]: listed more than once: 0")


def test_an_empty_list_is_refused(values):
    values["augmentations"] = []
    _wrong(values, "augmentations: []: ")


def test_weights_from_nowhere_are_refused(values):
    values["strategies"]["fine_tune"]["weights"] = "imagenette"
    _wrong(values, "strategies.fine_tune.weights: 'imagenette' is not described under 'pretraining'")


def test_a_malformed_task_is_refused(values):
    values["tasks"] = {"digits@fifty": {"epochs": 1, "batch_size": 5}}
    _wrong(values, "digits@fifty")


def test_a_number_that_yaml_reads_as_text_is_a_number(values):
    values["strategies"]["scratch"]["lr"] = "1e-3"

    assert Grid.parse(values, "a.yaml").strategies["scratch"].lr == 0.001


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("seeds", 3, "seeds: 3: should be a list, such as [0, 1]"),
        ("tasks", "digits", "tasks: 'digits': should be a mapping"),
        ("tasks", ["digits", "digits"], "tasks: ['digits', 'digits']: listed more than once: digits"),
        ("strategies", [], "strategies"),
        ("threads", True, "threads: True: Input should be a valid integer"),
        ("architectures", ["ResNet 20"], "architectures.0: 'ResNet 20': should be of a-z, 0-9 and _"),
        ("tracking_uri", "", "tracking_uri: ''"),
    ],
)
def test_a_wrong_type_is_said_in_the_words_of_the_file(values, key, value, message):
    values[key] = value
    _wrong(values, message)


def test_a_wrong_item_is_one_problem_not_two(values):
    values["seeds"] = [-1]
    with pytest.raises(UserError) as caught:
        Grid.parse(values, "a.yaml")
    assert str(caught.value).count("seeds") == 1


def test_a_pretraining_has_one_rate(values):
    values["pretraining"]["letters"]["backbone_lr"] = 0.1
    _wrong(values, "pretraining.letters.backbone_lr: unknown key")


def test_tasks_and_strategies_may_be_lists_of_names(values):
    short = values | {"tasks": ["digits@20"], "strategies": ["scratch", "feature_extraction"]}

    grid = Grid.parse(short, "a.yaml")

    assert dict(grid.tasks) == {"digits@20": TaskSettings()}
    assert grid.strategies["feature_extraction"] == StrategySettings()


def test_an_entry_without_settings_is_one_of_defaults(values):
    values["strategies"]["feature_extraction"] = None

    assert Grid.parse(values, "a.yaml").strategies["feature_extraction"] == StrategySettings()


def test_an_unknown_key_of_a_dataset_is_named_with_its_place(values):
    values["datasets"] = {"digits": {"keep": ["colour"]}}
    _wrong(values, "datasets.digits.keep: unknown key; there are image_column, keeps, label_columns,")


def test_a_dataset_that_no_task_is_on_is_refused(values):
    values["datasets"] = {"zoo": {"keeps": ["colour"]}}
    _wrong(values, "datasets.zoo is described, and no task is on it")


def test_every_dataset_is_named_once_the_sources_included(values):
    values["tasks"]["digits"] = {"epochs": 1, "batch_size": 5}

    assert Grid.parse(values, "a.yaml").dataset_names() == ["digits", "letters"]


def test_a_task_may_be_on_one_of_a_family(values):
    values["tasks"] = {"medmnist/pneumoniamnist@50": {"epochs": 1, "batch_size": 5}}

    (spec, *_) = runs_of(Grid.parse(values, "a.yaml"))

    assert (spec.dataset, spec.train_size) == ("medmnist/pneumoniamnist", 50)


def test_one_architecture_is_explained_on_each_datasets_largest_task(values):
    length = {"epochs": 1, "batch_size": 5}
    values["tasks"] = {"digits": length, "digits@50": length, "zoo@20": length, "zoo@100": length}

    found = _explained(values)

    assert {view: [run.id for run in runs] for view, runs in found.items()} == {
        "digits/resnet20": [
            "digits/resnet20/scratch/none/s0",
            "digits/resnet20/fine_tune/none/s0",
        ],
        "zoo/resnet20": [
            "zoo@100/resnet20/scratch/none/s0",
            "zoo@100/resnet20/fine_tune/none/s0",
        ],
    }


@pytest.mark.parametrize(("names", "views"), [([], []), (["simple_cnn"], ["digits/simple_cnn"])])
def test_what_is_explained_can_be_chosen(values, names, views):
    values["explain"] = names

    assert list(_explained(values)) == views


def test_an_architecture_to_open_must_be_trained(values):
    values["explain"] = ["resnet56"]
    _wrong(values, "explain: 'resnet56' is not in the grid's architectures: simple_cnn, resnet20")


def test_what_is_explained_does_not_depend_on_the_order_of_lists(values):
    found = _explained(values)
    for axis in ("architectures", "augmentations", "seeds"):
        values[axis] = values[axis][::-1]

    assert _explained(values) == found


def test_what_is_explained_changes_no_run(values):
    runs = list(runs_of(Grid.parse(values, "a.yaml")))

    assert list(runs_of(Grid.parse({**values, "explain": ["resnet20"]}, "a.yaml"))) == runs
