"""Small pictures for the pages."""

import io
from base64 import b64encode

import numpy as np
from PIL import Image

_SIDE, _GAP = 72, 4  # pixels


def strip(images: np.ndarray) -> str:
    """Lay images uint8 ``[n, S, S, 3]`` side by side; return a PNG as a data URI."""
    sheet = Image.new("RGB", (len(images) * (_SIDE + _GAP) - _GAP, _SIDE), "white")
    how = Image.Resampling.NEAREST if images.shape[1] < _SIDE else Image.Resampling.BILINEAR
    for place, image in enumerate(images):
        sheet.paste(Image.fromarray(image).resize((_SIDE, _SIDE), how), (place * (_SIDE + _GAP), 0))
    file = io.BytesIO()
    sheet.save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()
