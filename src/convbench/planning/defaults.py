"""The defaults of hyperparameters: by strategy, weights, network and number of training images.

A config's own values win. ``convbench check`` prints the defaults that a grid uses, with their reasons;
``docs/reference/defaults.md`` is made from the table below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Layers = Literal["nothing", "classifier", "top", "all"]
Band = Literal["up to 200", "up to 1,000", "up to 10,000", "more than 10,000"]
_BANDS: Mapping[Band, float] = {
    "up to 200": 200,
    "up to 1,000": 1_000,
    "up to 10,000": 10_000,
    "more than 10,000": float("inf"),
}


def band_of(images: int) -> Band:
    """Return the band of a number of training images.

    >>> band_of(200), band_of(201)
    ('up to 200', 'up to 1,000')
    """
    return next(band for band, most in _BANDS.items() if images <= most)


@dataclass(frozen=True)
class Situation:
    """What a default depends on."""

    trains: Layers
    """Which layers the strategy trains."""
    pretrained: bool
    """Whether it starts from pretrained weights."""
    normalized: bool
    """Whether the network has normalization layers."""
    family: str | None
    """The architecture's family."""
    band: Band | None
    """Of the number of training images; ``None``: not known."""
    optimizer: str = ""
    standardise_features: bool = False
    """Whether a new classifier sees standardised features."""


_When = dict[str, object]


@dataclass(frozen=True, eq=False)  # compared by identity: each is one line of the table
class Default:
    """The value of one hyperparameter in some situations, and why."""

    value: bool | float | str
    """``epochs/N`` of a number of epochs: that part of the training."""
    reason: str
    source: str
    when: _When = field(default_factory=dict)
    """Field of ``Situation`` -> its value, or a tuple of them; empty: always."""

    def fits(self, situation: Situation) -> bool:
        """Tell whether this is the default in a situation, unless an earlier one is."""
        return all(
            getattr(situation, name) in (wanted if isinstance(wanted, tuple) else (wanted,))
            for name, wanted in self.when.items()
        )

    def value_in(self, epochs: int) -> bool | float | str:
        """Return the value in a training of so many epochs."""
        part = str(self.value).partition("epochs/")[2]
        return max(1, epochs // int(part)) if part else self.value


_FROZEN: _When = {"trains": "classifier"}
_TUNED: _When = {"trains": ("top", "all"), "pretrained": True}
_SCRATCH: _When = {"pretrained": False}
_SGD: _When = {"optimizer": "sgd"}
_ADAMW: _When = {"optimizer": "adamw"}
_SCALED: _When = {"standardise_features": True}
_FEW: _When = {"band": ("up to 200", "up to 1,000")}
_MORE: _When = {"band": "up to 10,000"}
_NORMALIZED: _When = {"normalized": True}
_VGG: _When = {"family": ("vgg",)}
_TRANSFORMERS: _When = {"family": ("vit", "swin", "maxvit")}
_FIRST_STEPS = "measured: the first steps of a ViT and of two Swins from random weights"
_CHOSEN = "chosen on validation for a SqueezeNet: tests/acceptance/caltech40.yaml"
_MEASURED = "measured: Caltech-101 with two networks"

DEFAULTS: Mapping[str, Sequence[Default]] = {
    "standardise_features": (
        Default(
            True,
            "features of networks differ in scale a hundredfold; standardised, one rate fits them all",
            "He et al. 2022 (MAE), appendix A.1; scikit-learn's advice for logistic regression",
            {"pretrained": True},
        ),
    ),
    "optimizer": (
        Default(
            "sgd",
            "on standardised features it is as good as a logistic regression, AdamW up to a point worse",
            _MEASURED,
            _FROZEN,
        ),
        Default(
            "adamw",
            "one rate serves networks with and without normalization, and transformers",
            "Loshchilov & Hutter 2019",
        ),
    ),
    "epochs": (
        Default(30, "until a linear classifier has converged", _MEASURED, _FROZEN | _FEW),
        Default(15, "as many steps", _MEASURED, _FROZEN | _MORE),
        Default(5, "as many steps", "Kornblith et al. 2019: 20,000 steps at most", _FROZEN),
        Default(30, "about a thousand steps", "Kornblith et al. 2019, appendix", _TUNED | _FEW),
        Default(15, "as many steps", "Kornblith et al. 2019, appendix", _TUNED | _MORE),
        Default(10, "as many steps", "Kornblith et al. 2019: 20,000 steps at most", _TUNED),
        Default(100, "random weights need many steps", "He et al. 2016: 64,000 steps", _SCRATCH | _FEW),
        Default(60, "as many steps", "He et al. 2016: 64,000 steps", _SCRATCH | _MORE),
        Default(30, "as many steps", "He et al. 2016: 64,000 steps"),
    ),
    "batch_size": (
        Default(16, "ten steps an epoch or more", "Masters & Luschi 2018", {"band": "up to 200"}),
        Default(
            64,
            "fewer, larger steps use a processor better",
            "Masters & Luschi 2018",
            {"band": "more than 10,000"},
        ),
        Default(32, "small batches generalize better, and fit any memory", "Masters & Luschi 2018"),
    ),
    "lr": (
        Default(
            0.005, "of 0.001 to 0.03, in the middle of the best", _MEASURED, _FROZEN | _SGD | _SCALED
        ),
        Default(0.002, "of 0.001 to 0.01, among the best", _MEASURED, _FROZEN | _ADAMW | _SCALED),
        Default(0.001, "features of a network may be large", _MEASURED, _FROZEN),
        Default(0.001, "the optimizer's own default", "Kingma & Ba 2015", _TUNED | _ADAMW),
        Default(0.005, "the rate of feature extraction", _MEASURED, _TUNED | _SGD),
        Default(
            0.0001,
            "its wide layers are not normalized: at 0.0003, the first losses rise tenfold",
            "measured: the first steps from random weights",
            _SCRATCH | _ADAMW | _VGG,
        ),
        Default(
            0.0003,
            "at 0.001, the first losses rise without a warm-up",
            _FIRST_STEPS,
            _SCRATCH | _ADAMW | _TRANSFORMERS,
        ),
        Default(0.001, "the optimizer's own default", "Kingma & Ba 2015", _ADAMW | _NORMALIZED),
        Default(
            0.0003,
            "without normalization, layers die at higher rates",
            "torchvision's references: a tenth of the rate for AlexNet and VGG",
            _ADAMW,
        ),
        Default(0.05, "half of 0.1 for batches of 128", "He et al. 2016", _NORMALIZED),
        Default(0.01, "without normalization, layers die at higher rates", "Simonyan & Zisserman 2015"),
    ),
    "backbone_lr": (
        Default("lr/30", "its wide layers are not normalized", "as without normalization", _VGG),
        Default("lr/10", "changes what was learned slowly", "Howard & Ruder 2018", _NORMALIZED),
        Default("lr/30", "without normalization, the same rate changes more", _CHOSEN),
    ),
    "momentum": (Default(0.9, "the usual value; of AdamW, the first beta", "Krizhevsky et al. 2012"),),
    "weight_decay": (
        Default(0.0001, "the usual value", "He et al. 2016", _SGD),
        Default(0.01, "the optimizer's own default", "Loshchilov & Hutter 2019; torch.optim.AdamW"),
    ),
    "schedule": (Default("cosine", "ends at zero, with nothing to choose", "Loshchilov & Hutter 2017"),),
    "probe_epochs": (Default("epochs/3", "until the classifier has learned", "Kumar et al. 2022"),),
    "probe_lr": (
        Default(0.005, "the rate of feature extraction", _MEASURED, _SGD),
        Default(0.002, "the rate of feature extraction", _MEASURED),
    ),
    "unfreeze_every": (
        Default("epochs/10", "all of most networks in half of the epochs", "Howard & Ruder 2018"),
    ),
}
"""Hyperparameter -> its defaults, of which the first that fits is taken; some depend on those above."""


def default_of(key: str, situation: Situation) -> Default:
    """Return the default of a hyperparameter."""
    return next(each for each in DEFAULTS[key] if each.fits(situation))
