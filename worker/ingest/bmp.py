"""BMP whose channels are given by masks (BI_BITFIELDS and BI_ALPHABITFIELDS).

Pillow supports only a few of the layouts that masks can describe.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from worker.ingest.errors import damaged, truncated, unsupported_pixels

_BIT_FIELDS, _ALPHA_BIT_FIELDS = 3, 6
_MASKS_AT = 54
"""Offset of the masks: after a header of 40 bytes, or at the same place in a longer one."""
_HEADER_WITH_ALPHA = 56


def read_bit_fields(data: bytes) -> NDArray[np.uint8] | None:
    """Pixels as uint8 [H,W,4] RGBA, or None for a BMP of another kind; its size was checked.

    Raises:
        DecodeError: the masks or the header are not those of a BMP.
    """
    offset, header, width, height, bits, compression = struct.unpack_from("<IIii2xHI", data, 10)
    if header < 40 or compression not in (_BIT_FIELDS, _ALPHA_BIT_FIELDS):
        return None
    if bits not in (16, 32):
        raise unsupported_pixels(f"{bits} bits per pixel in masks")
    has_alpha = header >= _HEADER_WITH_ALPHA or compression == _ALPHA_BIT_FIELDS
    try:
        masks = struct.unpack_from("<4I" if has_alpha else "<3I", data, _MASKS_AT)
    except struct.error:
        raise truncated() from None
    stride = (width * bits + 31) // 32 * 4
    rows = np.frombuffer(data, np.uint8, stride * abs(height), offset).reshape(-1, stride)
    words = rows[:, : width * bits // 8].view(f"<u{bits // 8}")
    if height > 0:
        words = words[::-1]
    pixels = np.full((abs(height), width, 4), 255, np.uint8)
    for channel, mask in enumerate(masks):
        if mask:
            pixels[..., channel] = _channel(words, mask)
        elif channel < 3:
            raise damaged()
    return pixels


def _channel(words: NDArray[np.uint16 | np.uint32], mask: int) -> NDArray[np.uint8]:
    """Collect the bits of a mask and scale them to 0 to 255."""
    shift = (mask & -mask).bit_length() - 1
    top = mask >> shift
    if top & (top + 1):
        raise damaged()
    values = words >> shift & top
    if top > 255:
        return (values >> (top.bit_length() - 8)).astype(np.uint8)
    table = np.rint(np.arange(256) * (255 / top)).clip(0, 255).astype(np.uint8)
    return values.astype(np.uint8) if top == 255 else np.take(table, values)
