"""What a change makes stale: exactly the runs that depend on it."""

from tests.project import RECIPE, TINY

RUN = "digits@50/simple_cnn/{}/{}/s0"
AFFINE = {RUN.format("scratch", "affine"), RUN.format("fine_tune", "affine")}
FINE_TUNE = {RUN.format("fine_tune", "none"), RUN.format("fine_tune", "affine")}
ALL = AFFINE | FINE_TUNE | {RUN.format("scratch", "none"), "simple_cnn/letters"}


def test_a_second_call_has_nothing_to_do(project):
    done = project.snakemake("-n")

    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_new_architecture_trains_its_own_runs_alone(project):
    project.configure(architectures=["simple_cnn", "resnet20"])

    stale = project.stale()

    assert len(stale) == 5
    assert all("resnet20" in run for run in stale)


def test_an_entry_in_a_catalogue_retrains_nothing(project):
    project.edit(
        "src/convbench/augment/__init__.py",
        "AUGMENTS: Mapping[str, Augmentation] = {",
        "AUGMENTS: Mapping[str, Augmentation] = {\n"
        '    "same": Augmentation(lazy("convbench.augment.none:none"), frozenset(), "no change"),',
    )

    assert project.stale() == set()


def test_editing_one_augmentation_retrains_its_runs(project):
    project.edit("src/convbench/augment/affine.py", "_SHIFT = 0.10", "_SHIFT = 0.05")

    assert project.stale() == AFFINE


def test_editing_one_strategy_retrains_its_runs(project):
    project.edit("src/convbench/strategies/fine_tune.py", "rates.lr)]", "rates.lr * 1)]")

    assert project.stale() == FINE_TUNE


def test_editing_the_loop_retrains_everything(project):
    project.edit("src/convbench/engine/step.py", "self.scheduler.step()", "self.scheduler.step(), None")

    assert project.stale() == ALL


def test_editing_the_report_renders_it_again_and_retrains_nothing(project):
    project.edit(
        "src/convbench/report/pages/templates/overview.html.jinja", "of training", "of learning"
    )
    project.edit("src/convbench/config/grid.py", "One config file.", "One configuration.")

    shown = project.snakemake("-n", "--quiet", "host").stdout

    assert "rule report:" in shown
    assert project.stale() == set()


def test_editing_the_audit_looks_again_and_retrains_nothing(project):
    project.edit("src/convbench/data/audit/audit.py", "_SHOWN = 24", "_SHOWN = 25")

    shown = project.snakemake("-n", "--quiet", "host").stdout

    assert "rule audit:" in shown
    assert project.stale() == set()


def test_data_made_anew_by_a_call_of_its_own_and_found_the_same_retrains_nothing(project):
    project.edit("src/convbench/data/prepare/decoding.py", "_CHUNK = 64", "_CHUNK = 32")

    assert project.stale() != set()  # in one call, all that comes after it is made anew
    done = project.snakemake("--cores", "2", "--until", "prepare", "import_weights")

    assert done.returncode == 0, done.stderr
    assert "Rule: prepare" in done.stdout + done.stderr
    assert project.stale() == set()


def test_data_that_was_changed_and_pinned_makes_what_came_of_it_stale(project):
    (project.root / "data" / "letters" / "notes.txt").write_text("meant")
    assert project.run("dvc", "add", "--quiet", "data/letters").returncode == 0

    assert project.stale() == FINE_TUNE | {"simple_cnn/letters"}


def test_one_learning_rate_retrains_its_strategy(project):
    strategies = {**TINY["strategies"]}
    strategies["fine_tune"] = {**strategies["fine_tune"], "backbone_lr": 0.002}
    project.configure(strategies=strategies)

    assert project.stale() == FINE_TUNE


def test_the_pretrainings_rate_retrains_what_starts_from_it(project):
    letters = {**TINY["pretraining"]["letters"], "lr": 0.02}
    project.configure(pretraining={"letters": letters})

    assert project.stale() == FINE_TUNE | {"simple_cnn/letters"}


def test_another_order_retrains_nothing(project):
    project.configure(
        augmentations=["affine", "none"],
        strategies=dict(reversed(TINY["strategies"].items())),
    )

    assert project.stale() == set()


def test_another_way_to_write_a_number_retrains_nothing(project):
    recipe = {**RECIPE, "lr": "1e-2"}
    project.configure(
        strategies={
            "scratch": {"weights": "random", **recipe},
            "fine_tune": {"weights": "letters", "backbone_lr": "1e-3", **recipe},
        }
    )

    assert project.stale() == set()


def test_a_new_seed_trains_its_own_runs_alone(project):
    project.configure(seeds=[0, 1])

    assert project.stale() == {run.replace("/s0", "/s1") for run in ALL if run.endswith("/s0")}


def test_a_lost_run_is_trained_again_alone(project):
    project.one(f"results/runs/{RUN.format('scratch', 'none')}/*/metrics.json").unlink()

    assert project.stale() == {RUN.format("scratch", "none")}


def test_a_touched_file_retrains_nothing(project):
    for path in (project.root / "src").rglob("*.py"):
        path.touch()

    assert project.stale() == set()
