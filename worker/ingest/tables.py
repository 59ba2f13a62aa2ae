"""Lookup tables of DICOM: their descriptors, and whether their data are plausible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from worker.ingest.errors import damaged

_DEPTHS = (8, 12)
"""Numbers of bits that writers use when they declare more."""


@dataclass(frozen=True, slots=True)
class Table:
    """A grey lookup table (PS3.3 C.11.1 and C.11.2).

    Attributes:
        first: the value that the first entry stands for; lower values get the first entry, values
            beyond the table the last.
        entries: output values, uint16 [N].
        top: the highest value that an entry can have.
    """

    first: int
    entries: NDArray[np.uint16]
    top: int

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Look up the entries of `values`."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        found: NDArray[np.float64] = self.entries[index.astype(np.int64)].astype(np.float64)
        return found


def significant_bits(top: int, declared: int) -> int:
    """Return the number of bits used by a table with the highest entry `top`.

    Only widths that occur in practice are considered: a table that ends at half its range is just
    dark.
    """
    return next((bits for bits in _DEPTHS if top < 1 << bits and bits < declared), declared)


def descriptor(value: Any, signed: bool) -> tuple[int, int, int]:
    """Return the number of entries, the first value and the bits per entry.

    Raises:
        DecodeError: the descriptor is not three numbers.
    """
    if value is None or isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise damaged()
    if len(value) != 3 or not all(isinstance(number, int) for number in value):
        raise damaged()
    entries, first, bits = (int(number) for number in value)
    entries = (entries & 0xFFFF) or 1 << 16  # 65536 does not fit; some readers treat it as signed
    first &= 0xFFFF
    if signed and first >= 1 << 15:
        first -= 1 << 16
    return entries, first, bits


def grey_table(items: Any, signed: bool, big_endian: bool) -> Table | None:
    """Return the table of the first item of a sequence, or None if it is not a table.

    Scanners write tables without data, with less data than entries, or with a single value; these
    mean that there is no table.
    """
    if not items:
        return None
    item: Dataset = items[0]
    stated = item.get("LUTDescriptor")
    data = item.get("LUTData")
    if not stated or data is None or isinstance(stated, int):
        return None
    if len(stated) != 3 or not all(isinstance(number, int) for number in stated):
        return None
    count, first, bits = descriptor(stated, signed)
    if isinstance(data, bytes):
        values = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big_endian else "<u2")
    elif isinstance(data, Sequence) and all(isinstance(number, int) for number in data):
        values = np.array(data, np.int64).astype(np.uint16)
    else:
        return None
    if len(values) < count and bits <= 8 and len(values) * 2 >= count:
        values = values.astype("<u2").view(np.uint8)  # two entries in each word
    values = values[:count].astype(np.uint16)
    if len(values) < count or values.min(initial=0) == values.max(initial=0):
        return None
    top = int(values.max())
    depth = bits if 8 <= bits <= 16 else 16
    depth = max(significant_bits(top, depth), top.bit_length())
    return Table(first, values, (1 << depth) - 1)
