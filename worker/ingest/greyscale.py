"""From stored DICOM values to the 8-bit picture that a viewer shows (PS3.4 N.2)."""

from __future__ import annotations

import math
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from worker.ingest.samples import Samples
from worker.ingest.scaling import bits_in_use, full_range, look_up
from worker.ingest.tables import grey_table

_NO_WINDOW = "The file's grey scale shows nothing of the picture and was ignored."
_NO_TABLE = "A lookup table of the file is empty or damaged and was ignored."
_YBR_PARTIAL = np.array(
    [[1.1644, 0.0, 1.5960], [1.1644, -0.3917, -0.8130], [1.1644, 2.0173, 0.0]], np.float32
)
"""PS3.3 C.7.6.3.1.2, solved for red, green and blue; luminance starts at 16."""


def colour_to_8_bits(samples: Samples) -> NDArray[np.uint8]:
    """RGB, YBR_FULL or YBR_PARTIAL samples as RGB, uint8 [H,W,3]."""
    values = full_range(samples.values, samples.bits)
    if samples.photometric.startswith("YBR_FULL"):
        # OpenCV's order is Y, Cr, Cb; its full-range BT.601 matches PS3.3 C.7.6.3.1.2.
        swapped = np.ascontiguousarray(values[..., [0, 2, 1]])
        return cast(NDArray[np.uint8], cv2.cvtColor(swapped, cv2.COLOR_YCrCb2RGB))
    if samples.photometric.startswith("YBR_PARTIAL"):
        offset = values.astype(np.float32) - np.array([16, 128, 128], np.float32)
        rgb: NDArray[np.float32] = np.rint(offset @ _YBR_PARTIAL.T)
        return np.clip(rgb, 0, 255).astype(np.uint8)
    return values


def monochrome_to_8_bits(
    samples: Samples, dataset: Dataset, big_endian: bool, notes: list[str]
) -> NDArray[np.uint8]:
    """Apply modality LUT, VOI LUT or window, and the inversion of MONOCHROME1; uint8 [H,W].

    All of it is computed once for each possible stored value, and looked up for pixels. Implausible
    tables and windows are left out, with a note.
    """
    bits, signed = samples.bits, samples.signed
    low = -(1 << (bits - 1)) if signed else 0
    stored = np.arange(low, low + (1 << bits), dtype=np.float64)
    ends = int(samples.values.min()), int(samples.values.max())
    present = slice(ends[0] - low, ends[1] - low + 1)

    values, changed = _modality(stored, dataset, signed, big_endian, notes)
    shown = _voi(values, dataset, values.min() < 0, big_endian, notes)
    if shown is not None and ends[0] < ends[1] and np.ptp(np.rint(shown[present] * 255)) == 0:
        notes.append(_NO_WINDOW)
        shown = None
    if shown is None:
        first, last = _default_range(samples, ends, values, present, changed)
        shown = np.clip((values - first) / max(last - first, 1e-6), 0, 1)
    grey = np.rint(shown * 255).astype(np.uint8)
    if samples.photometric == "MONOCHROME1":
        grey = 255 - grey
    if low == 0 and bits == 8 and np.array_equal(grey, np.arange(256)):
        return samples.values.astype(np.uint8, copy=False)
    return look_up(grey, samples.values, low)


def _default_range(
    samples: Samples,
    ends: tuple[int, int],
    values: NDArray[np.float64],
    present: slice,
    changed: bool,
) -> tuple[float, float]:
    """The values of black and white if the file states none.

    Up to eight bits, this is their full range. With more bits, writers seldom use all: for values
    from zero up, the bits in use count, for all others the actual range.
    """
    if samples.bits <= 8:
        return float(values.min()), float(values.max())
    if ends[0] >= 0 and not changed:
        bits = samples.bits - 1 if samples.signed else samples.bits
        return 0.0, float((1 << bits_in_use(samples.values, bits)) - 1)
    return float(values[present].min()), float(values[present].max())


def _modality(
    stored: NDArray[np.float64], dataset: Dataset, signed: bool, big_endian: bool, notes: list[str]
) -> tuple[NDArray[np.float64], bool]:
    """Values after the modality stage (PS3.3 C.11.1), and whether it changed them."""
    if dataset.get("ModalityLUTSequence"):
        table = grey_table(dataset.ModalityLUTSequence, signed, big_endian)
        if table is not None:
            return table.apply(stored), True
        notes.append(_NO_TABLE)
    slope = _number(dataset.get("RescaleSlope"))
    intercept = _number(dataset.get("RescaleIntercept")) or 0.0
    if not slope:  # missing, or zero, which would make everything one grey
        return stored, False
    return stored * slope + intercept, (slope, intercept) != (1.0, 0.0)


def _voi(
    values: NDArray[np.float64], dataset: Dataset, signed: bool, big_endian: bool, notes: list[str]
) -> NDArray[np.float64] | None:
    """Values in [0, 1] after the VOI LUT or else the first window; None without either."""
    if dataset.get("VOILUTSequence"):
        table = grey_table(dataset.VOILUTSequence, signed, big_endian)
        if table is not None:
            return table.apply(values) / table.top
        notes.append(_NO_TABLE)
    centre = _number(dataset.get("WindowCenter"))
    width = _number(dataset.get("WindowWidth"))
    if centre is None or width is None or width <= 0:
        return None
    function = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
    if function in ("SIGMOID", "LINEAR_EXACT"):
        return _window(values, centre, width, function)
    return _window(values, centre, width, "LINEAR") if width >= 1 else None


def _window(
    x: NDArray[np.float64], centre: float, width: float, function: str
) -> NDArray[np.float64]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    if function == "SIGMOID":
        # The logistic function by tanh, which saturates instead of overflowing.
        return 0.5 + 0.5 * np.tanh((x - centre) * (2 / width))
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    if width <= 0:
        return (x > centre).astype(np.float64)
    return np.clip((x - centre) / width + 0.5, 0, 1)


def _number(value: Any) -> float | None:
    """A finite number, or the first of several."""
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
