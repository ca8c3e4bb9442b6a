"""Files of weights: our own, torchvision's, a user's."""
