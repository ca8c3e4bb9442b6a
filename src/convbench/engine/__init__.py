"""Training and evaluation. The network, its learning rates and the augmentation are arguments."""
