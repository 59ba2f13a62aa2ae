"""Final steps for every DICOM object: times of the mask, text in Unicode, bytes."""

from __future__ import annotations

import io
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage

from worker.dicom.result import Kind, Result

_NO_TIME = datetime(1900, 1, 1, tzinfo=UTC)
"""Used under pseudonyms: a day close to the examination's reveals something about the patient."""
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)")
_OPTIONAL_TIMES = (
    *("InstanceCreationDate", "InstanceCreationTime", "SeriesDate", "SeriesTime"),
    *("DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
)
_DEIDENTIFIED = (
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    "LongitudinalTemporalInformationModified",
)

RESEARCH = "For research use only. Not a medical device."


def part_10(dataset: Dataset, result: Result, kind: Kind) -> bytes:
    """Write the object as a file. The same result gives the same bytes."""
    source = result.source.dataset
    zone = _zone(source)
    at = result.made_at.astimezone(zone or UTC) if result.source.identified else _NO_TIME
    _date(dataset, "InstanceCreation", at)
    for prefix in ("Content", "PresentationCreation"):
        if f"{prefix}Date" in dataset:
            _date(dataset, prefix, at)
    _date(dataset, "Series", at)
    for device in dataset.get("ContributingEquipmentSequence", ()):
        device.ContributionDateTime = at.strftime("%Y%m%d%H%M%S%z")
    dataset.SeriesDescription = kind.series_description
    if kind not in (Kind.SR, Kind.PRESENTATION):  # those are not images
        dataset.PatientOrientation = source.PatientOrientation
    if kind is Kind.CAPTURE:
        dataset.DateOfSecondaryCapture = at.strftime("%Y%m%d")
        dataset.TimeOfSecondaryCapture = at.strftime("%H%M%S")
    if kind in (Kind.CAPTURE, Kind.PRESENTATION):
        dataset.Laterality = source.get("Laterality") or source.get("ImageLaterality") or ""
    for keyword in ("IssuerOfPatientID", "StudyDescription"):
        if keyword in source:
            dataset[keyword] = source[keyword]
    if zone is not None:
        dataset.TimezoneOffsetFromUTC = source.TimezoneOffsetFromUTC
    if not result.source.identified:
        for keyword in _OPTIONAL_TIMES:
            dataset.pop(keyword, None)
        for device in dataset.get("ContributingEquipmentSequence", ()):
            device.pop("ContributionDateTime", None)
        for keyword in _DEIDENTIFIED:
            if keyword in source:
                dataset[keyword] = deepcopy(source[keyword])
    if result.source.frames > 1:
        _name_class(dataset, source)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _zone(source: Dataset) -> timezone | None:
    """Return the zone of all dates and times of an object (PS3.3 C.12.1), as the source states
    it; None if it states none. Times of study and ours share it."""
    found = _OFFSET.fullmatch(str(source.get("TimezoneOffsetFromUTC") or ""))
    if found is None:
        return None
    east = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-east if found[1] == "-" else east)


def _date(dataset: Dataset, prefix: str, at: datetime) -> None:
    setattr(dataset, f"{prefix}Date", at.strftime("%Y%m%d"))
    setattr(dataset, f"{prefix}Time", at.strftime("%H%M%S"))


def as_one_frame(source: Dataset) -> Dataset:
    """Return the source as if it had one frame.

    For multi-frame images highdicom requires functional groups, which multi-frame ultrasound lacks.
    :func:`part_10` restores the class.
    """
    one = deepcopy(source)
    if "NumberOfFrames" in one:
        del one.NumberOfFrames
        one.SOPClassUID = UltrasoundImageStorage
    return one


def _name_class(dataset: Dataset, source: Dataset) -> None:
    """Reference the source with its actual class."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _name_class(item, source)
    if dataset.get("ReferencedSOPInstanceUID") == source.SOPInstanceUID:
        dataset.ReferencedSOPClassUID = source.SOPClassUID
