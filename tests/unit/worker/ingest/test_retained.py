"""The options of PS3.15 keep listed patient values and dates, only in their defined form."""

import io
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from worker.ingest.retained import characteristics, true_dates


def of(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_what_the_standard_lists_is_kept_in_its_form() -> None:
    dataset = of(
        PatientSex="F",
        PatientAge="045Y",
        PatientSize="1.71",
        PatientWeight="68.4",
        PregnancyStatus=3,
        SmokingStatus="NO",
        EthnicGroup="Quillfeather",
        PatientComments="Quillfeather",
        Occupation="mayor of Nebelheim",
        PatientName="Quillfeather^Ottoline",
        PatientBirthDate="19410203",
    )
    assert characteristics(dataset) == {
        "PatientSex": "F",
        "PatientAge": "045Y",
        "PatientSize": 1.71,
        "PatientWeight": 68.4,
        "PregnancyStatus": 3,
        "SmokingStatus": "NO",
    }


@pytest.mark.parametrize(
    "typed",
    [
        {"PatientSex": "Ottoline"},
        {"PatientAge": "Ottoline"},
        {"PatientSize": "17"},
        {"PatientWeight": "19410203"},
        {"SmokingStatus": "Nebelheim"},
        {"PregnancyStatus": 5},
        {"PatientBirthDate": "19410203"},
        {"PatientSex": ["F", "M"]},
    ],
    ids=str,
)
def test_what_is_not_of_the_form_is_left_out(typed: dict[str, Any]) -> None:
    assert characteristics(of(**typed)) == {}


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"PatientAge": "089Y"}, "089Y"),
        ({"PatientAge": "097Y"}, "090Y"),
        ({"PatientAge": "012W"}, "012W"),
        ({"PatientBirthDate": "19410203", "StudyDate": "20240202"}, "082Y"),
        ({"PatientBirthDate": "19410203", "StudyDate": "20240203"}, "083Y"),
        ({"PatientBirthDate": "19200203", "StudyDate": "20240203"}, "090Y"),
        ({"PatientBirthDate": "20231105", "StudyDate": "20240203"}, "002M"),
        ({"PatientBirthDate": "20240203", "StudyDate": "20231105"}, None),
        ({"PatientAge": "045Y", "PatientBirthDate": "19410203", "StudyDate": "20240203"}, "045Y"),
    ],
)
def test_an_age_is_stated_or_follows_from_two_dates(
    stated: dict[str, str], told: str | None
) -> None:
    assert characteristics(of(**stated)).get("PatientAge") == told


def test_a_number_that_cannot_be_read_is_no_reason_to_refuse_a_file() -> None:
    written = io.BytesIO()
    of(PatientSex="F").save_as(written, implicit_vr=False, little_endian=True)
    typed = b"\x10\x00\x20\x10DS\x04\x001,71"
    dataset = dcmread(io.BytesIO(written.getvalue() + typed), force=True)
    assert characteristics(dataset) == {"PatientSex": "F"}


def test_dates_are_those_of_the_examination_and_none_that_many_files_share() -> None:
    dataset = of(
        StudyDate="20240229",
        SeriesDate="2024.03.01",
        AcquisitionDate="20000101",
        ContentDate="19800611",
        PatientBirthDate="19410203",
    )
    assert true_dates(dataset) == {"StudyDate": "20240229", "SeriesDate": "20240301"}
    assert true_dates(of(StudyDate="20240230", SeriesDate="Nebelheim", ContentDate="")) == {}
