"""Label pictures out of untrusted files: masks in black and white, lesion numbers."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from worker.formats.sample import MOST_LESIONS, components
from worker.formats.source import LabelError, require_size

_LOSSY = {"JPEG"}
_FORMATS = ["PNG", "BMP", "TIFF", "JPEG"]
_HALF = 128
_FEW = 8
"""A picture with more grey values is taken for one with soft edges."""
_VOID = 255


def label_picture(data: bytes, height: int, width: int, *, numbered: bool) -> NDArray[np.uint8]:
    """Lesion numbers uint8 [H,W] out of a picture.

    Args:
        data: PNG, BMP, TIFF or JPEG of the frame's size.
        height: rows of the frame, px.
        width: columns of the frame, px.
        numbered: its values are lesion numbers, 0 background, 255 void. Otherwise whatever is not
            black is lesion (from half white on where edges are soft), and the lesions are the
            connected parts.

    Raises:
        LabelError: it is none.
    """
    values, lossy = _decoded(data, height, width)
    if not numbered:
        return components(_mask(values, lossy))
    values = np.where(values == _VOID, 0, values)
    if int(values.max(initial=0)) > MOST_LESIONS:
        raise LabelError("too-many", f"Lesion numbers go up to {MOST_LESIONS}.")
    return values.astype(np.uint8)


def _mask(values: NDArray[np.int32], lossy: bool) -> NDArray[np.bool_]:
    soft = lossy or len(np.unique(values)) > _FEW
    mask: NDArray[np.bool_] = values >= _HALF if soft else values > 0
    return mask


def _decoded(data: bytes, height: int, width: int) -> tuple[NDArray[np.int32], bool]:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            # The size first: nothing larger than the frame is ever unpacked.
            require_size((image.height, image.width), height, width)
            lossy = image.format in _LOSSY
            if image.mode in ("1", "L", "P", "I", "I;16", "I;16B"):
                values = np.asarray(image)
            else:
                values = np.asarray(image.convert("RGB")).max(axis=2)
    except LabelError:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Not chained: messages of the library quote the file.
        raise LabelError(
            "not-a-label", "The label is no intact PNG, BMP, TIFF or JPEG; write it as PNG."
        ) from None
    return values.astype(np.int32), lossy
