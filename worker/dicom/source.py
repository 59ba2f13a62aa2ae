"""The instance that a result refers to, without its pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UltrasoundImageStorage, UltrasoundMultiFrameImageStorage

from worker.dicom.codes import organ
from worker.dicom.conforming import conforming
from worker.dicom.uids import derived_uid
from worker.pipeline import Region

_EMPTY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientOrientation"),
)
"""Type 2 in the modules of every written object; empty if the source has no value."""
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


class NoSourceError(Exception):
    """The stored facts of a file do not identify an instance that a result can reference."""


@dataclass(frozen=True)
class Source:
    """A source instance.

    Attributes:
        dataset: its patient, study, series and what a reference to it requires; text is Unicode.
        placement: the rectangle of its rows and columns that the stored picture shows.
        identified: whether it has the PACS's identifiers of patient and instance.
    """

    dataset: Dataset
    placement: Region
    identified: bool

    @property
    def rows(self) -> int:
        return int(self.dataset.Rows)

    @property
    def columns(self) -> int:
        return int(self.dataset.Columns)

    @property
    def frames(self) -> int:
        return int(self.dataset.get("NumberOfFrames") or 1)

    @property
    def organ(self) -> Code | None:
        """The anatomic region that the source states, if any."""
        regions = self.dataset.get("AnatomicRegionSequence") or ()
        for region in regions:
            named = [region.get(word) for word in ("CodeValue", "CodingSchemeDesignator")]
            if all(named) and region.get("CodeMeaning"):
                return Code(str(named[0]), str(named[1]), str(region.CodeMeaning))
        return organ(str(self.dataset.get("BodyPartExamined") or ""))

    @property
    def instance(self) -> str:
        """Its SOP Instance UID."""
        return str(self.dataset.SOPInstanceUID)

    def put_back(self, mask: NDArray[Any]) -> NDArray[Any]:
        """Place a mask or probability [H,W] of the stored picture in the source's rows and columns.

        Pixels outside the stored picture are 0. If the picture was stored at the source's scale,
        each pixel keeps its value; otherwise each gets the nearest one's.
        """
        _, _, height, width = self.placement
        if mask.shape != (height, width):
            values = mask.astype(np.uint8) if mask.dtype == np.bool_ else mask
            resized = cv2.resize(values, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
            mask = np.asarray(resized).astype(mask.dtype)
        whole = np.zeros((self.rows, self.columns), mask.dtype)
        whole[self.placement.slices] = mask
        return whole

    def points(self, points: NDArray[Any], height: int, width: int) -> NDArray[np.float64]:
        """Convert points (x, y) in px of a stored picture of this size to the source's (column,
        row).

        In the picture whole numbers are pixel centres; in the source the first pixel's corner is 0,
        0 (PS3.3 C.18.6.1.1).
        """
        place = self.placement
        scale = np.array([place.width / width, place.height / height])
        moved = (np.asarray(points, np.float64) + 0.5) * scale + [place.left, place.top]
        return cast(NDArray[np.float64], moved)


def from_reference(reference: Mapping[str, Any]) -> Source:
    """Return the source instance of a sealed reference.

    Raises:
        NoSourceError: the file did not identify its instance.
    """
    with disable_value_validation():  # a number that is too long is written back unchanged
        dataset = conforming(reference["attributes"])
        for keyword in _EMPTY:
            if keyword not in dataset:
                setattr(dataset, keyword, "")
        dataset.SpecificCharacterSet = "ISO_IR 192"
    if not all(dataset.get(keyword) for keyword in _NEEDED):
        raise NoSourceError(
            "The DICOM file does not name its study, series and instance, so that no result can "
            "refer to it."
        )
    return Source(dataset, Region(**reference["placement"]), identified=True)


def pseudonymous(
    *,
    image: str,
    study: str,
    subject: str,
    height: int,
    width: int,
    frames: int,
    colour: bool,
    body_part: str,
    retained: Mapping[str, Any] | None = None,
    methods: Sequence[Code] = (),
) -> Source:
    """Make a source with this site's own UIDs and name, which reveal nothing about the real ones.

    Args:
        image, study: the site's ids; equal ones give equal UIDs.
        subject: the patient's pseudonym, or nothing.
        retained: by keyword, patient characteristics and shifted dates that the site keeps.
        methods: methods that de-identified the picture (PS3.16 CID 7050).
    """
    dataset = Dataset()
    several = frames > 1
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": UltrasoundMultiFrameImageStorage if several else UltrasoundImageStorage,
        "SOPInstanceUID": derived_uid("image", image),
        "StudyInstanceUID": derived_uid("study", study),
        "SeriesInstanceUID": derived_uid("series", image),
        "Modality": "US",
        "PatientID": subject,
        "PatientName": subject,
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Sonoloop: allow-list, UIDs replaced",
        **({"DeidentificationMethodCodeSequence": list(map(_item, methods))} if methods else {}),
        "Rows": height,
        "Columns": width,
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        **({"NumberOfFrames": frames} if several else {}),
        **({"BodyPartExamined": body_part} if body_part else {}),
        **(retained or {}),
    }
    values["LongitudinalTemporalInformationModified"] = (
        "MODIFIED" if "StudyDate" in values else "REMOVED"
    )
    for keyword in _EMPTY:
        setattr(dataset, keyword, "")
    with disable_value_validation():
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
    return Source(dataset, Region(0, 0, height, width), identified=False)


def _item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue = code.value
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
