"""The identifiers needed to write a result back to a file's source: they name the patient.

The caller seals it under the site key and otherwise neither stores nor logs it
(:mod:`app.sealed_references`).
"""

from __future__ import annotations

import json
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

KEPT = (
    *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "InstanceNumber"),
    *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime"),
    *("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "TimezoneOffsetFromUTC"),
    *("AccessionNumber", "Modality", "ReferringPhysicianName", "StudyDescription"),
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "SeriesInstanceUID", "StudyID", "SeriesNumber", "FrameOfReferenceUID"),
    *("BodyPartExamined", "Laterality", "ImageLaterality", "PatientOrientation"),
    *("AnatomicRegionSequence", "LossyImageCompression", "LossyImageCompressionRatio"),
    *("LossyImageCompressionMethod", "SamplesPerPixel", "PhotometricInterpretation"),
    *("NumberOfFrames", "Rows", "Columns", "BitsStored"),
)
"""Patient, General Study, General Series, Frame of Reference, and what a reference to the image
requires from its own modules (PS3.3 C.7); nothing else is kept.
"""

_MAX_CHARACTERS = 4096
"""Most characters of one element as JSON; a longer one is not a name, number or date."""


def source_reference(dataset: Dataset, syntax: UID, rows: int, columns: int) -> dict[str, Any]:
    """Return the facts of a file that are needed to write results about its picture back, as JSON.

    Returns:
        ``attributes`` in the DICOM JSON model (PS3.18 F), ``transfer_syntax``, and ``placement``:
        the rectangle of the source's rows and columns that the stored picture shows, px.
    """
    attributes: dict[str, Any] = {}
    for keyword in KEPT:
        if keyword not in dataset:
            continue
        one = Dataset()
        try:
            one.add(dataset[keyword])
            found = one.to_json_dict()
            fits = len(json.dumps(found)) <= _MAX_CHARACTERS
        except Exception:  # noqa: S112  (an element that cannot be read is none; it may name anybody)
            continue
        if fits:
            attributes |= found
    return {
        "attributes": attributes,
        "transfer_syntax": str(syntax),
        "placement": {"top": 0, "left": 0, "height": rows, "width": columns},
    }
