"""Encoding and decoding of label maps as runs, `[label, length, label, length, …]`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def encode_runs(labels: NDArray[np.uint8] | NDArray[np.bool_]) -> list[int]:
    """Encode a label map [H,W] row by row, canonically: adjacent runs differ."""
    flat = labels.ravel().view(np.uint8)
    if flat.size == 0:
        return []
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    runs = np.empty(2 * starts.size, dtype=np.int64)
    runs[0::2] = flat[starts]
    runs[1::2] = np.diff(np.append(starts, flat.size))
    return runs.tolist()


def decode_runs(runs: Sequence[int], height: int, width: int) -> NDArray[np.uint8]:
    """Decode runs to a label map uint8 [H,W].

    Raises:
        ValueError: the runs do not encode a map of that size.
    """
    code = np.asarray(runs, dtype=np.int64)
    if code.ndim != 1 or code.size % 2:
        raise ValueError("runs are pairs of a label and a length")
    labels, lengths = code[0::2], code[1::2]
    if code.size and (labels.min() < 0 or labels.max() > 255 or lengths.min() < 1):
        raise ValueError("labels are 0 to 255 and lengths at least 1")
    if int(lengths.sum()) != height * width:
        raise ValueError(f"the runs have {int(lengths.sum())} pixels, not {height} × {width}")
    return np.repeat(labels.astype(np.uint8), lengths).reshape(height, width)
