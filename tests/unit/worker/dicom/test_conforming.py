"""Files whose attributes do not conform still get results that other programs can read."""

from pathlib import Path

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from tests.unit.worker.dicom.conftest import (
    COLUMNS,
    MASS,
    ROWS,
    complaints,
    frame,
    mask,
    result,
    source,
)
from worker.dicom.objects import write
from worker.dicom.result import Kind
from worker.dicom.source import from_reference

KINDS = [Kind.SEG, Kind.SR, Kind.CAPTURE, Kind.PRESENTATION]


@pytest.mark.parametrize(
    ("keyword", "value", "written"),
    [
        ("StudyDate", "1994.01.30", "19940130"),
        ("StudyDate", "2024-02-30", ""),
        ("StudyTime", "11:25:01", "112501"),
        ("StudyTime", "before noon", ""),
        ("PatientBirthDate", "unknown", ""),
        ("PatientSex", "F ", "F"),
        ("PatientSex", "female", ""),
        ("PatientName", "Doe\\Jane", "Doe"),
        ("SeriesNumber", "first", None),
        ("LossyImageCompressionRatio", "10:1", None),
        ("Laterality", "ö", ""),
        ("FrameOfReferenceUID", "ö", ""),
    ],
)
def test_a_value_of_another_form_is_written_in_the_right_one_or_left_empty(
    keyword: str, value: str, written: str | None, tmp_path: Path
) -> None:
    attributes = source().dataset.to_json_dict()
    kind = dictionary_VR(keyword)
    named = {"Alphabetic": value} if kind == "PN" else value
    attributes[f"{tag_for_keyword(keyword):08X}"] = {"vr": kind, "Value": [named]}
    placement = {"top": 0, "left": 0, "height": ROWS, "width": COLUMNS}
    of = from_reference({"attributes": attributes, "placement": placement})
    assert of.dataset.get(keyword) == written
    made = write(result(of, [frame(of, [(MASS, mask((40, 60)))])]), KINDS)
    assert {*made} == {*KINDS}
    for data in made.values():
        assert complaints(data, tmp_path) == []
