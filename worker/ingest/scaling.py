"""Samples of any number of bits to the eight that a picture has here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_PIXELS = 1 << 18


def full_range(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Samples of `bits` bits without sign as uint8; 16 bits by those that are in use."""
    if bits == 8:
        return values.astype(np.uint8, copy=False)
    if bits > 8:
        shown: NDArray[np.uint8] = (values >> (bits_in_use(values, bits) - 8)).astype(np.uint8)
        return shown
    table = np.rint(np.arange(256) * (255 / ((1 << bits) - 1))).clip(0, 255)
    stretched: NDArray[np.uint8] = table.astype(np.uint8)[values]
    return stretched


def bits_in_use(values: NDArray[Any], bits: int) -> int:
    """Number of the `bits` bits that the values need, at least eight.

    Scanners save 8, 10 or 12 bits in 16; by the declared range alone such a picture is almost
    black. A power of two, not the largest value, so that 8 bits stay the same 8 bits.
    """
    return min(bits, max(8, int(values.max(initial=0)).bit_length()))


def look_up(table: NDArray[np.uint8], values: NDArray[Any], low: int = 0) -> NDArray[np.uint8]:
    """Entries of a table [N] or [N,3] whose first stands for `low`, in place of values [H,W].

    By blocks of rows, since NumPy makes eight bytes of each index.
    """
    height, width = values.shape
    shown = np.empty((height, width, *table.shape[1:]), np.uint8)
    rows = max(1, _BLOCK_PIXELS // width)
    for top in range(0, height, rows):
        block = values[top : top + rows].astype(np.intp)
        np.take(table, block - low, axis=0, out=shown[top : top + rows], mode="clip")
    return shown
