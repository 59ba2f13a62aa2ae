"""Objects under pseudonyms hold nothing that PS3.15 table E.1-1 calls identifying, as another
program has that table (dicom-anonymizer), but fixed words of this one and pseudonyms."""

import io

import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom import dcmread
from pydicom.dataelem import DataElement

from tests.unit.worker.dicom import conftest
from tests.unit.worker.dicom.conftest import COLUMNS, MASS, ROWS, frame, mask, result
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


def source(frames: int) -> Source:
    return pseudonymous(
        image="an image",
        study="a study",
        subject=SUBJECT,
        height=ROWS,
        width=COLUMNS,
        frames=frames,
        colour=False,
        body_part="OVARY",
    )


def says_nothing(element: DataElement) -> bool:
    """Whether an element that the table names holds nothing, or what it may."""
    value = str(element.value)
    if element.VR == "SQ" or not value:
        return True  # its items are looked at by themselves
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


def test_the_table_would_find_a_date_and_a_name() -> None:
    """Of the same objects under the name that a file came with."""
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
