"""The tables of what is concluded from runs: configurations, effects, variance and the like."""

from convbench.results.rows import Column, column, row
from convbench.results.schema.runs import ConfigurationKey, with_scores


@row
@with_scores("test", lambda score: True)
class SummaryRow(ConfigurationKey):
    """The finished runs of one configuration; scores and seconds are means over seeds."""

    run: Column[str] = column("The first of its runs.", "Run")
    seeds: Column[int] = column("Seeds that finished.", "Seeds", format="count")
    planned: Column[int] = column("Seeds planned.", "Planned", format="count")
    score: Column[str] = column("The score that chooses epochs.", "Score")
    val_score: Column[float] = column(
        "That score on the validation split.", "Validation", format="percent"
    )
    test_score: Column[float] = column("That score on the test split.", "Test", format="percent")
    test_score_min: Column[float] = column("Its lowest run.", "Lowest", format="percent")
    test_score_max: Column[float] = column("Its highest run.", "Highest", format="percent")
    label_breaking: Column[str] = column(
        "What its augmentation does that may change a label.", "Breaks labels"
    )
    rate_warning: Column[str] = column("Why the backbone's learning rate may be too high.", "Warning")
    train_seconds: Column[float] = column(
        "Wall time in training steps.", "Training, s", unit="s", format="seconds"
    )
    train_seconds_min: Column[float] = column(
        "Its fastest run.", "Fastest, s", unit="s", format="seconds"
    )
    train_seconds_max: Column[float] = column(
        "Its slowest run.", "Slowest, s", unit="s", format="seconds"
    )
    weights: Column[str] = column("Where the parameters start from.", "Weights")
    strategy: Column[str] = column("The strategy's name in the catalogue.", "Strategy")
    params_trainable: Column[int] = column(
        "Parameters that the strategy trains.", "Trained parameters", format="count"
    )
    params_total: Column[int] = column("Parameters.", "Parameters", format="count")
    macs: Column[int] = column("Multiply-adds of one image.", "Multiply-adds", format="count")


@row
class ConfigurationRow(ConfigurationKey):
    """``configurations``: one row per configuration, compared with the best of its task.

    The best has the highest mean score on the validation split. A configuration of which no run finished
    has no numbers.
    """

    seeds: Column[int] = column("Seeds that finished.", "Seeds", format="count")
    planned: Column[int] = column("Seeds planned.", "Planned", format="count")
    outcomes: Column[str | None] = column("How the other seeds ended.", "Outcomes", default=None)
    images: Column[int | None] = column("Test images.", "Test images", format="count", default=None)
    val_score: Column[float | None] = column(
        "Mean score on the validation split.", "Validation", format="percent", default=None
    )
    test_score: Column[float | None] = column(
        "Mean score on the test split.", "Test", format="percent", default=None
    )
    low: Column[float | None] = column(
        "Lower end of the 95% confidence interval of the test score, over seeds and test images.",
        "95% from",
        format="percent",
        default=None,
    )
    high: Column[float | None] = column("Upper end.", "95% to", format="percent", default=None)
    best: Column[bool] = column(
        "Whether it is the best of its task.", "Best", format="flag", default=False
    )
    difference: Column[float | None] = column(
        "Test score less that of the best, on the same test images and seeds.",
        "From the best, points",
        unit="points",
        format="points",
        default=None,
    )
    difference_low: Column[float | None] = column(
        "Lower end of its 95% confidence interval.",
        "95% from",
        unit="points",
        format="points",
        default=None,
    )
    difference_high: Column[float | None] = column(
        "Upper end.", "95% to", unit="points", format="points", default=None
    )
    p: Column[float | None] = column(
        "p-value of the difference, uncorrected.", "p", format="p_value", default=None
    )
    p_holm: Column[float | None] = column(
        "p-value with Holm's correction for the comparisons of the task.",
        "p, corrected",
        format="p_value",
        default=None,
    )
    not_different: Column[bool | None] = column(
        "Whether it is not significantly different from the best (5%, corrected).",
        "Not significantly different",
        format="flag",
        default=None,
    )
    only_this_correct: Column[int | None] = column(
        "Predictions that this one alone has right, over the compared seeds.",
        "Only this correct",
        format="count",
        default=None,
    )
    only_best_correct: Column[int | None] = column(
        "Predictions that the best alone has right.",
        "Only the best correct",
        format="count",
        default=None,
    )
    compared: Column[int | None] = column(
        "Seeds that both have.", "Seeds compared", format="count", default=None
    )
    test_of: Column[str | None] = column(
        "The significance test: ``mcnemar``, or Student's t over ``seeds and images`` or ``images``.",
        "Test",
        default=None,
    )
    calibration_error: Column[float | None] = column(
        "Expected calibration error, mean over seeds.",
        "Calibration error",
        format="percent",
        default=None,
    )


@row
class EffectRow:
    """``effects``: one row per dataset, factor and level: its effect against the factor's baseline."""

    dataset: Column[str] = column("Dataset.", "Dataset")
    factor: Column[str] = column("Factor.", "Factor")
    level: Column[str] = column("Level.", "Level")
    baseline: Column[str] = column("The level it is compared with.", "Against")
    difference: Column[float] = column(
        "Mean difference of the test score over pairs alike in all else.",
        "Effect, points",
        unit="points",
        format="points",
    )
    low: Column[float | None] = column(
        "Lower end of its 95% confidence interval.", "95% from", unit="points", format="points"
    )
    high: Column[float | None] = column("Upper end.", "95% to", unit="points", format="points")
    p: Column[float | None] = column("p-value, uncorrected.", "p", format="p_value")
    p_holm: Column[float | None] = column(
        "p-value with Holm's correction for the effects of the dataset.",
        "p, corrected",
        format="p_value",
    )
    better: Column[int] = column("Pairs in which the level is better.", "Better in", format="count")
    pairs: Column[int] = column("Pairs.", "Pairs", format="count")
    significant: Column[bool] = column(
        "Whether p is at most 5%, corrected.", "Significant", format="flag"
    )


@row
class VarianceRow:
    """``variance``: one row per dataset and factor, or pair of factors, and the variance explained."""

    dataset: Column[str] = column("Dataset.", "Dataset")
    factor: Column[str] = column("Factor.", "Factor")
    partner: Column[str] = column("The other factor of an interaction; empty: none.", "With")
    eta_squared: Column[float] = column(
        "Share of the variance of the test score between runs.", "Variance explained", format="percent"
    )
    p_holm: Column[float | None] = column(
        "p-value with Holm's correction for the terms of the dataset.", "p, corrected", format="p_value"
    )
    significant: Column[bool] = column(
        "Whether p is at most 5%, corrected.", "Significant", format="flag"
    )


@row
class ConvergenceRow:
    """``convergence``: one row per run that has epochs; scores are of the validation split."""

    run_id: Column[str] = column("The run's id.", "Run")
    epochs_to_target: Column[int | None] = column(
        "Epochs until the score first reaches 80%.", "Epochs to 80%", format="count"
    )
    seconds_to_target: Column[float | None] = column(
        "Seconds of training until then.", "Seconds to 80%", unit="s", format="seconds"
    )
    epochs_to_95_percent: Column[int | None] = column(
        "Epochs until the score first reaches 95% of the run's best.",
        "Epochs to 95% of its best",
        format="count",
    )
    seconds_to_95_percent: Column[float | None] = column(
        "Seconds of training until then.", "Seconds to 95% of its best", unit="s", format="seconds"
    )
    mean_score: Column[float] = column(
        "Mean score over all epochs.", "Mean over epochs", format="percent"
    )
    gap: Column[float | None] = column(
        "Training less validation accuracy in the last epoch; training images are augmented.",
        "Generalization gap, points",
        unit="points",
        format="points",
    )
    instability: Column[float] = column(
        "Mean fall of the score from one epoch to the next, rises counting zero.",
        "Instability, points",
        unit="points",
        format="points",
    )


@row
class GuidelineRow:
    """``guidelines``: one row per rule of thumb."""

    claim: Column[str] = column("The rule.", "Rule of thumb")
    evidence: Column[str] = column("What the runs say of it.", "Evidence")
    verdict: Column[str] = column(
        "``supported``, ``contradicted``, ``undecided`` or ``not tested here``.", "Verdict"
    )
    difference: Column[float | None] = column(
        "Mean difference of the test score over pairs: what the rule recommends less the rest.",
        "Difference, points",
        unit="points",
        format="points",
    )
    low: Column[float | None] = column(
        "Lower end of its 95% confidence interval.", "95% from", unit="points", format="points"
    )
    high: Column[float | None] = column("Upper end.", "95% to", unit="points", format="points")
    pairs: Column[int] = column("Pairs.", "Pairs", format="count")
