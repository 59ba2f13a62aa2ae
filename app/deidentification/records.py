"""Options to keep facts about the patient and dates with an image, and who may see these.

Both options are off unless the site, or a project for its own images, turns them on. What they keep
is stored under separate keys among the attributes of an image, so that turning an option off hides
it everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.projects.tables import Project

PATIENT = "PatientCharacteristics"
"""Attributes of the patient's body, by DICOM keyword."""
DATES = "ShiftedDates"
"""Dates of the examination by DICOM keyword; all dates of a patient are shifted back by the same
number of days."""
METHODS = "DeidentificationMethods"
"""The :class:`Method` values that applied when the image was stored."""


class Method(StrEnum):
    """Codes of the scheme DCM for Deidentification Method (PS3.16 CID 7050)."""

    BASIC = "113100"
    PIXELS = "113101"
    GRAPHICS = "113103"
    DATES = "113107"
    PATIENT = "113108"

    @property
    def meaning(self) -> str:
        """The Code Meaning."""
        return _MEANINGS[self]


_MEANINGS = {
    Method.BASIC: "Basic Application Confidentiality Profile",
    Method.PIXELS: "Clean Pixel Data Option",
    Method.GRAPHICS: "Clean Graphics Option",
    Method.DATES: "Retain Longitudinal Temporal Information Modified Dates Option",
    Method.PATIENT: "Retain Patient Characteristics Option",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of PS3.15 E.3 that act on the images of a project.

    Attributes:
        patient: Retain Patient Characteristics (E.3.7).
        dates: Retain Longitudinal Temporal Information with Modified Dates (E.3.6).
    """

    patient: bool
    dates: bool


def options_of(session: Session, project_id: UUID, settings: Settings) -> Options:
    """Return the current options of a project; the site's settings apply where it sets none."""
    project = session.get_one(Project, project_id)
    patient, dates = project.retain_patient_characteristics, project.retain_shifted_dates
    return Options(
        patient=settings.retain_patient_characteristics if patient is None else patient,
        dates=settings.retain_shifted_dates if dates is None else dates,
    )


def described(
    attributes: Mapping[str, Any],
    characteristics: Mapping[str, Any],
    dates: Mapping[str, str],
    options: Options,
) -> dict[str, Any]:
    """Return the attributes to store with an image from a DICOM file.

    Args:
        attributes: of scanner and acquisition.
        characteristics: of the patient; kept if the options say so.
        dates: already shifted; kept if the options say so.
        options: of the image's project.
    """
    methods = [Method.BASIC, Method.PIXELS, Method.GRAPHICS]
    kept = dict(attributes)
    if options.dates:
        methods.append(Method.DATES)
        kept |= {DATES: dict(dates)} if dates else {}
    if options.patient:
        methods.append(Method.PATIENT)
        kept |= {PATIENT: dict(characteristics)} if characteristics else {}
    return kept | {METHODS: [str(one) for one in methods]}


def disclosed(stored: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return the attributes that the project's options allow to be shown or written now."""
    hidden = {}
    if not options.patient:
        hidden[PATIENT] = str(Method.PATIENT)
    if not options.dates:
        hidden[DATES] = str(Method.DATES)
    shown = {key: value for key, value in stored.items() if key not in hidden}
    if METHODS in shown:
        codes = hidden.values()
        shown[METHODS] = [code for code in shown[METHODS] if code not in codes]
    return shown
