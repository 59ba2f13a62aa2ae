"""What is kept of patient and dates beside an image, and who is told of it.

Both options are off unless the site turns them on. What they keep lies under keys of its own among
the attributes of an image, so that turning an option off hides it again everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.core.settings import Settings

PATIENT = "PatientCharacteristics"
"""Attributes of the patient's body, by DICOM keyword."""
DATES = "ShiftedDates"
"""Dates of the examination, all of a patient earlier by one number of days, by DICOM keyword."""
METHODS = "DeidentificationMethods"
"""Values of :class:`Method`, by which the image was de-identified when it was stored."""


class Method(StrEnum):
    """Codes of the scheme DCM for Deidentification Method (PS3.16 CID 7050)."""

    BASIC = "113100"
    PIXELS = "113101"
    GRAPHICS = "113103"
    DATES = "113107"
    PATIENT = "113108"

    @property
    def meaning(self) -> str:
        """Code Meaning."""
        return _MEANINGS[self]


_MEANINGS = {
    Method.BASIC: "Basic Application Confidentiality Profile",
    Method.PIXELS: "Clean Pixel Data Option",
    Method.GRAPHICS: "Clean Graphics Option",
    Method.DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    Method.PATIENT: "Retain Patient Characteristics Option",
}


def described(
    attributes: Mapping[str, Any],
    characteristics: Mapping[str, Any],
    dates: Mapping[str, str],
    settings: Settings,
) -> dict[str, Any]:
    """Attributes of an image that comes from a DICOM file, as they are stored with it.

    Args:
        attributes: of scanner and acquisition.
        characteristics: of the patient; kept where the site says so.
        dates: shifted already; kept where the site says so.
    """
    methods = [Method.BASIC, Method.PIXELS, Method.GRAPHICS]
    kept = dict(attributes)
    if settings.retain_shifted_dates:
        methods.append(Method.DATES)
        kept |= {DATES: dict(dates)} if dates else {}
    if settings.retain_patient_characteristics:
        methods.append(Method.PATIENT)
        kept |= {PATIENT: dict(characteristics)} if characteristics else {}
    return kept | {METHODS: [str(one) for one in methods]}


def disclosed(stored: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The attributes of an image that may be shown or written now."""
    hidden = {}
    if not settings.retain_patient_characteristics:
        hidden[PATIENT] = str(Method.PATIENT)
    if not settings.retain_shifted_dates:
        hidden[DATES] = str(Method.DATES)
    shown = {key: value for key, value in stored.items() if key not in hidden}
    if METHODS in shown:
        codes = hidden.values()
        shown[METHODS] = [code for code in shown[METHODS] if code not in codes]
    return shown
