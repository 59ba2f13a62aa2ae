"""The DICOM attributes that are kept: about scanner and acquisition, never about the patient."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

ALLOWED = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "BodyPartExamined",
    "TransducerType",
    "TransducerData",
    "MechanicalIndex",
    "DepthOfScanField",
    "PhotometricInterpretation",
    "BitsStored",
    "LossyImageCompression",
)
"""None of these is an identifier in PS3.15 table E.1-1; all others are dropped."""

NOTES = "Notes"
"""Key beside those keywords, for sentences about ignored values of the file."""

ASPECT = "PixelAspectRatio"
"""Key for height and width of a pixel as a ratio (PS3.3 C.7.6.3.1.7), kept if it is not square."""
NOT_SQUARE = "The pixels are not square, so that a scale by hand would be wrong."
_SQUARE = 0.01
"""Relative difference of height and width up to which a pixel counts as square."""

_IDENTIFYING = (
    "PatientID",
    "PatientName",
    "OtherPatientIDs",
    "AccessionNumber",
    "PatientBirthDate",
)
_SHORTEST_IDENTIFIER = 3
_MAX_TEXT = 64
_MAX_VALUES = 8


def allowed_attributes(dataset: Dataset) -> dict[str, Any]:
    """Allow-listed attributes by DICOM keyword, as JSON values.

    Some of them are free text, in which people may type anything: a value that contains a part of
    the patient's name or number is dropped.
    """
    known = _identifying_parts(dataset)
    kept: dict[str, Any] = {}
    for keyword in ALLOWED:
        value = _json_value(dataset.get(keyword))
        if value is not None and not _mentions(value, known):
            kept[keyword] = value
    return kept


def uneven(height: object, width: object) -> list[float] | None:
    """Return height and width of a pixel as a ratio, or None if it is square or they are no sizes.

    Args:
        height, width: as a file states them, in any unit.
    """
    try:
        ratio = [float(side) for side in (height, width)]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    if not all(0 < side < math.inf for side in ratio):
        return None
    return ratio if abs(ratio[0] / ratio[1] - 1) > _SQUARE else None


def _json_value(value: Any) -> Any:
    if isinstance(value, MultiValue | list):
        values = [v for v in map(_json_value, value[:_MAX_VALUES]) if v is not None]
        return values or None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        # A DS value keeps its text; JSON requires the number.
        number = float(value)
        return number if number - number == 0 else None
    text = "".join(c for c in str(value or "") if c.isprintable()).strip()
    return text[:_MAX_TEXT] or None


def _identifying_parts(dataset: Dataset) -> frozenset[str]:
    texts = (str(dataset.get(keyword) or "") for keyword in _IDENTIFYING)
    return frozenset(
        part
        for text in texts
        for part in re.split(r"[\W_]+", text.casefold())
        if len(part) >= _SHORTEST_IDENTIFIER
    )


def _mentions(value: Any, known: Iterable[str]) -> bool:
    text = str(value).casefold()
    return any(part in text for part in known)
