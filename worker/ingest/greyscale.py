"""Stored DICOM values to the 8-bit picture that a viewer shows (PS3.4 N.2)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi


def palette_to_rgb(stored: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Palette Color as uint8 [H,W,3] (PS3.3 C.7.6.3.1.5)."""
    colours = apply_color_lut(stored, dataset)
    if colours.dtype == np.uint8:
        return colours
    # Some scanners declare 16 bits and fill eight.
    shift = 8 if int(colours.max(initial=0)) > 255 else 0
    return (colours >> shift).astype(np.uint8)


def colour_to_8_bits(stored: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """RGB samples as uint8."""
    if stored.dtype == np.uint8:
        return stored
    return (stored >> max(0, int(dataset.BitsStored) - 8)).astype(np.uint8)


def monochrome_to_8_bits(stored: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Modality LUT, then VOI LUT or window, then the inversion of MONOCHROME1; uint8 [H,W]."""
    values = apply_modality_lut(stored, dataset)
    if dataset.get("VOILUTSequence"):
        shown = _full_range(apply_voi(values, dataset), _lut_range(dataset.VOILUTSequence))
    elif (window := _window(dataset)) is not None:
        shown = _apply_window(values, *window, str(dataset.get("VOILUTFunction") or "LINEAR"))
    else:
        shown = _full_range(values, _value_range(dataset))
    grey = np.rint(shown * 255).astype(np.uint8)
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def _full_range(values: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.float32]:
    low, high = limits
    shown = (values.astype(np.float32) - np.float32(low)) / np.float32(max(high - low, 1e-6))
    return np.clip(shown, 0, 1, out=shown)


def _lut_range(sequence: Any) -> tuple[float, float]:
    return 0.0, float(2 ** int(sequence[0].LUTDescriptor[2]) - 1)


def _value_range(dataset: Dataset) -> tuple[float, float]:
    """What values can occur after the modality stage."""
    if dataset.get("ModalityLUTSequence"):
        return _lut_range(dataset.ModalityLUTSequence)
    bits = int(dataset.BitsStored)
    low = -(2 ** (bits - 1)) if dataset.PixelRepresentation == 1 else 0
    high = low + 2**bits - 1
    slope = float(dataset.get("RescaleSlope") or 1)
    intercept = float(dataset.get("RescaleIntercept") or 0)
    ends = (low * slope + intercept, high * slope + intercept)
    return min(ends), max(ends)


def _window(dataset: Dataset) -> tuple[float, float] | None:
    """Centre and width of the first window, or None where there is no usable one."""
    pair = []
    for keyword in ("WindowCenter", "WindowWidth"):
        value = dataset.get(keyword)
        if isinstance(value, MultiValue):
            value = value[0] if value else None
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        pair.append(float(value))
    return (pair[0], pair[1]) if pair[1] >= 1 else None


def _apply_window(
    values: NDArray[Any], centre: float, width: float, function: str
) -> NDArray[np.float32]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, as float32 in [0, 1]."""
    x = values.astype(np.float32)
    if function.upper() == "SIGMOID":
        # The logistic function by tanh, which saturates instead of overflowing.
        sigmoid: NDArray[np.float32] = np.tanh((x - np.float32(centre)) * np.float32(2 / width))
        sigmoid += 1
        sigmoid *= 0.5
        return sigmoid
    if function.upper() == "LINEAR":
        centre, width = centre - 0.5, width - 1
    if width <= 0:
        return (x > centre).astype(np.float32)
    shown = (x - np.float32(centre)) / np.float32(width) + np.float32(0.5)
    return np.clip(shown, 0, 1, out=shown)
