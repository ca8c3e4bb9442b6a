"""Which architecture, transfer strategy and augmentation for an image dataset, and at what cost."""

__version__ = "0.1.0"
