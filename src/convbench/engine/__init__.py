"""Training and evaluation. The network, its rates and the augmentation come from outside."""
