import itertools

import numpy as np
import pytest
from scipy import stats
from tests.rows import runs_table

from convbench.analysis.factors import effects, explained


def grid(score, seeds=3, noise=0.004, seed=0, **levels):
    """Make the runs of a full grid whose score is a function of its factors, and noise."""
    rng = np.random.default_rng(seed)
    levels = {
        "architecture": ["simple_cnn", "resnet20"],
        "strategy": ["scratch", "fine_tune"],
        "augmentation": ["none", "mixup"],
        "train_size": [50, 200],
        **levels,
    }
    rows = []
    for values in itertools.product(*levels.values(), range(seeds)):
        row = dict(zip([*levels, "seed"], values, strict=True))
        made = {**row, "run_id": str(len(rows)), "label": row["strategy"]}
        rows.append({**made, "test_score": score(row) + rng.normal(0, noise)})
    return runs_table(rows)


def found_in(runs):
    """Return the effects of runs that have the same score on every test image."""
    per_image = [np.full(2, score) for score in runs["test_score"]]
    return effects(runs, dict(zip(runs["run_id"], per_image, strict=True)))


def planted(row):
    """Fine-tuning adds 10 points, and 5 more on the residual network; mixup nothing; size 20."""
    tuned = row["strategy"] == "fine_tune"
    residual = row["architecture"] == "resnet20"
    return 0.5 + 0.10 * tuned + 0.05 * (tuned and residual) + 0.20 * (row["train_size"] == 200)


def effect(found, factor, level):
    return next(each for each in found if (each.factor, each.level) == (factor, level))


def test_a_planted_effect_is_found_at_its_size():
    found = effect(found_in(grid(planted)), "strategy", "fine_tune")

    assert (found.baseline, found.pairs, found.better) == ("scratch", 24, 24)
    assert found.estimate.mean == pytest.approx(0.125, abs=0.005)
    assert found.estimate.low < 0.125 < found.estimate.high
    assert found.significant


def test_a_planted_zero_is_not_significant():
    found = effect(found_in(grid(planted)), "augmentation", "mixup")

    assert not found.significant
    assert found.estimate.low < 0 < found.estimate.high


def test_sizes_are_compared_with_the_smallest():
    found = effect(found_in(grid(planted, train_size=[200, 50])), "train_size", "200")

    assert found.baseline == "50"
    assert found.estimate.mean == pytest.approx(0.20, abs=0.005)


def test_only_runs_alike_in_all_else_are_paired():
    runs = grid(planted)
    runs.loc[(runs["label"] == "scratch") & (runs["seed"] == 2), "outcome"] = "diverged"

    found = effect(found_in(runs), "strategy", "fine_tune")

    assert found.pairs == 16


def test_an_effect_agrees_with_scipys_paired_test():
    runs = grid(planted).sort_values(["architecture", "augmentation", "train_size", "seed"])
    sides = [runs[runs["label"] == name]["test_score"] for name in ("fine_tune", "scratch")]
    theirs = stats.ttest_rel(*sides).confidence_interval(0.95)

    found = effect(found_in(runs), "strategy", "fine_tune").estimate

    assert (found.low, found.high) == pytest.approx(tuple(theirs))


def test_the_baseline_is_from_scratch_whatever_it_is_called():
    runs = grid(planted, strategy=["fine_tune", "scratch"])
    runs = runs.replace({"label": {"scratch": "from_random"}})

    found = [each for each in found_in(runs) if each.factor == "strategy"]

    assert [(each.level, each.baseline) for each in found] == [("fine_tune", "from_random")]


def test_a_difference_that_comes_from_the_test_images_is_no_effect():
    """Two equally good strategies, on images that are easy for one or the other; 200 grids.

    All pairs share the images: taken as so many observations, they find an effect in 40 of 100 grids.
    """
    rng = np.random.default_rng(0)
    runs = grid(lambda row: 0.0, seeds=2)
    significant = 0
    for _ in range(200):
        easy, liked = rng.normal(1.0, 1.0, 100), rng.normal(0, 1.0, 100)
        per_image = {}
        for run in runs.itertuples():
            side = liked if run.label == "fine_tune" else -liked
            probability = 1 / (1 + np.exp(-(easy + side + rng.normal(0, 0.05))))
            per_image[run.run_id] = (rng.random(100) < probability).astype(float)
        scored = runs.assign(test_score=[per_image[run].mean() for run in runs["run_id"]])
        significant += effect(effects(scored, per_image), "strategy", "fine_tune").significant

    assert significant <= 17  # 10 are expected at 5%; more than 17 happens once in 60 such tests


def test_factors_that_change_together_explain_nothing():
    runs = grid(planted)
    own = {"simple_cnn": "scratch", "resnet20": "fine_tune"}
    together = runs[runs["label"] == runs["architecture"].map(own)]

    assert explained(together) == []


def test_the_planted_eta_squared_and_interaction_are_found():
    """By hand: in a balanced grid an effect of size d has variance d*d/4."""
    found = {each.factors: each for each in explained(grid(planted, noise=1e-4))}
    sizes = {("train_size",): 0.20**2 / 4, ("strategy",): 0.125**2 / 4, ("architecture",): 0.025**2 / 4}
    sizes["architecture", "strategy"] = (0.05 / 2) ** 2 / 4
    total = sum(sizes.values())

    for factors, size in sizes.items():
        assert found[factors].eta_squared == pytest.approx(size / total, abs=1e-3), factors
        assert found[factors].significant
    assert not found["augmentation",].significant
    assert not found["strategy", "train_size"].significant


def test_the_largest_eta_squared_comes_first():
    assert explained(grid(planted))[0].factors == ("train_size",)


def test_absent_effects_are_significant_in_five_of_a_hundred_grids_at_most():
    """Neither the augmentation's effect nor an interaction of strategy and size; 200 grids."""
    alone, together = 0, 0
    for number in range(200):
        runs = grid(planted, seeds=2, seed=number)
        alone += effect(found_in(runs), "augmentation", "mixup").significant
        together += {each.factors: each for each in explained(runs)}[
            "strategy", "train_size"
        ].significant

    assert alone <= 17  # 10 are expected at 5%; more than 17 happens once in 60 such tests
    assert together <= 17


def test_a_pair_of_factors_without_all_of_its_levels_has_no_interaction():
    runs = grid(planted)
    runs = runs[~((runs["architecture"] == "simple_cnn") & (runs["label"] == "fine_tune"))]

    found = {each.factors for each in explained(runs)}

    assert ("architecture", "strategy") not in found
    assert ("strategy", "train_size") in found


@pytest.mark.parametrize("levels", [{}, {"architecture": ["resnet20"], "strategy": ["scratch"]}])
def test_one_seed_of_one_configuration_gives_no_effects(levels):
    alone = {name: ["a"] for name in ("architecture", "strategy", "augmentation")}
    runs = grid(planted, seeds=1, **{**alone, "train_size": [50], **levels})

    assert found_in(runs) == []
    assert explained(runs) == []
