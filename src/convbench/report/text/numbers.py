"""How numbers are written in sentences and tables."""


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points: ``+1.5``, ``−0.3``, ``±0.0``."""
    rounded = round(difference * 100, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.1f}"


def plain(value: float) -> str:
    """Write a positive number for a sentence, without an exponent: ``0.25``, ``1.5``, ``1,570``."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def level_name(factor: str, level: str) -> str:
    """Return a factor's level for a reader; a number of training images is ``1,000 images``."""
    return f"{int(level):,} images" if factor == "train_size" and level.isdigit() else level
