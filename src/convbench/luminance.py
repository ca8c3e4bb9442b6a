"""Weights of red, green and blue in the luminance of a colour."""

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""
