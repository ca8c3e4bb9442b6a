"""Operations that augmentations are made of."""
