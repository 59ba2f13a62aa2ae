"""Pseudonymous objects hold nothing that PS3.15 table E.1-1 calls identifying, except
pseudonyms and fixed words of this program. The table is dicom-anonymizer's copy."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from app.deidentification.records import Method
from tests.unit.worker.dicom import conftest
from tests.unit.worker.dicom.conftest import (
    COLUMNS,
    MASS,
    ROWS,
    complaints,
    frame,
    mask,
    result,
)
from worker.dicom.objects import write
from worker.dicom.result import Kind
from worker.dicom.source import Source, pseudonymous

SUBJECT, PERSON = "S-7QKD2M", "R-7F3K2QXA"
FIXED = {
    "SeriesDescription": {f"Sonoloop {one}" for one in ("segmentation", "measurements")}
    | {"Sonoloop overlay", "Sonoloop outlines"},
    "ImageComments": {"Lesions outlined by Sonoloop. For research use only. Not a medical device."},
    "ContributionDescription": {"Software library used to create this instance"},
    "DeviceSerialNumber": {"0"},
    "PatientName": {SUBJECT},
    "PatientID": {SUBJECT},
    "PersonName": {f"{PERSON}^"},
    "ContentCreatorName": {f"{PERSON}^"},
}
"""Words of this program, and pseudonyms."""
NO_TIME = {"DA": "19000101", "TM": "000000"}


BASIC = [Code("113100", "DCM", "Basic Application Confidentiality Profile")]
OPTIONS = [Code(one.value, "DCM", one.meaning) for one in Method]
KEPT = {"PatientSex": "F", "PatientAge": "045Y", "PatientSize": 1.71, "StudyDate": "20190407"}
"""The values that the options keep, with the date shifted."""


def source(
    frames: int, retained: dict[str, Any] | None = None, methods: Sequence[Code] = BASIC
) -> Source:
    return pseudonymous(
        image="an image",
        study="a study",
        subject=SUBJECT,
        height=ROWS,
        width=COLUMNS,
        frames=frames,
        colour=False,
        body_part="OVARY",
        retained=retained,
        methods=methods,
    )


def says_nothing(element: DataElement) -> bool:
    """Whether an element that the table names is empty or holds only what it may."""
    value = str(element.value)
    if element.VR == "SQ" or not value:
        return True  # its items are checked separately
    if element.VR == "UI":
        return value.startswith("2.25.")
    return value in FIXED.get(element.keyword, ()) or value == NO_TIME.get(element.VR)


@pytest.mark.parametrize("frames", [1, 5])
def test_the_table_of_another_program_finds_nothing(frames: int) -> None:
    of = source(frames)
    drawn = [frame(of, [(MASS, mask((40, 50)))], index=one) for one in range(frames)]
    objects = write(result(of, drawn), [Kind.SEG, Kind.SR, Kind.CAPTURE, Kind.PRESENTATION])
    assert len(objects) == 4
    named = {tuple(tag) for tag in table.ALL_TAGS if len(tag) == 2}
    for kind, data in objects.items():
        for element in dcmread(io.BytesIO(data)).iterall():
            assert not element.tag.is_private, (kind, element)
            if (element.tag.group, element.tag.elem) in named:
                assert says_nothing(element), (kind, element)


def codes(dataset: Dataset) -> list[tuple[str, str, str]]:
    return [
        (item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning)
        for item in dataset.DeidentificationMethodCodeSequence
    ]


@pytest.mark.parametrize("frames", [1, 5])
def test_options_keep_what_they_list_and_say_so(frames: int, tmp_path: Path) -> None:
    of = source(frames, KEPT, OPTIONS)
    drawn = [frame(of, [(MASS, mask((40, 50)))], index=one) for one in range(frames)]
    objects = write(result(of, drawn), [Kind.SEG, Kind.SR, Kind.CAPTURE, Kind.PRESENTATION])
    assert len(objects) == 4
    named = {tuple(tag) for tag in table.ALL_TAGS if len(tag) == 2}
    for kind, data in objects.items():
        dataset = dcmread(io.BytesIO(data))
        said = {
            element.keyword
            for element in dataset.iterall()
            if (element.tag.group, element.tag.elem) in named and not says_nothing(element)
        }
        assert said == set(KEPT), kind
        assert {word: dataset[word].value for word in KEPT} == KEPT
        assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
        assert [value for value, _, _ in codes(dataset)] == [str(one) for one in Method]
        assert not complaints(data, tmp_path)


def test_without_options_the_objects_say_the_basic_profile_alone() -> None:
    of = source(1)
    drawn = frame(of, [(MASS, mask((40, 50)))])
    for data in write(result(of, [drawn]), [Kind.SEG, Kind.SR, Kind.CAPTURE]).values():
        dataset = dcmread(io.BytesIO(data))
        assert codes(dataset) == [("113100", "DCM", "Basic Application Confidentiality Profile")]
        assert dataset.LongitudinalTemporalInformationModified == "REMOVED"
        assert dataset.PatientIdentityRemoved == "YES"


def test_the_table_would_find_a_date_and_a_name() -> None:
    """Objects under the name that the file came with contain elements that the table names."""
    of = conftest.source()
    drawn = frame(of, [(MASS, mask((40, 50)))])
    data = write(result(of, [drawn]), [Kind.SEG])[Kind.SEG]
    named = {tuple(tag) for tag in table.ALL_TAGS if len(tag) == 2}
    found = {
        element.keyword
        for element in dcmread(io.BytesIO(data)).iterall()
        if (element.tag.group, element.tag.elem) in named and not says_nothing(element)
    }
    assert {"PatientName", "PatientID", "StudyDate", "ContentDate", "StudyInstanceUID"} <= found
