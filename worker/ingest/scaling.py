"""Scaling of samples with any number of bits to the eight bits of stored pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_PIXELS = 1 << 18


def full_range(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Scale unsigned samples of `bits` bits to uint8; 16-bit samples by the bits in use."""
    if bits == 8:
        return values.astype(np.uint8, copy=False)
    if bits > 8:
        shown: NDArray[np.uint8] = (values >> (bits_in_use(values, bits) - 8)).astype(np.uint8)
        return shown
    table = np.rint(np.arange(256) * (255 / ((1 << bits) - 1))).clip(0, 255)
    stretched: NDArray[np.uint8] = table.astype(np.uint8)[values]
    return stretched


def bits_in_use(values: NDArray[Any], bits: int) -> int:
    """Return how many of `bits` bits the values need, at least eight.

    Scanners store 8, 10 or 12 bits in 16; scaled by the declared range, such a picture would be
    almost black. The scale is a power of two, not the largest value, so that 8 bits stay the same 8
    bits.
    """
    return min(bits, max(8, int(values.max(initial=0)).bit_length()))


def look_up(table: NDArray[np.uint8], values: NDArray[Any], low: int = 0) -> NDArray[np.uint8]:
    """Replace values [H,W] by entries of a table [N] or [N,3], whose first stands for `low`.

    Works in blocks of rows, since NumPy uses eight bytes per index.
    """
    height, width = values.shape
    shown = np.empty((height, width, *table.shape[1:]), np.uint8)
    rows = max(1, _BLOCK_PIXELS // width)
    for top in range(0, height, rows):
        block = values[top : top + rows].astype(np.intp)
        np.take(table, block - low, axis=0, out=shown[top : top + rows], mode="clip")
    return shown
