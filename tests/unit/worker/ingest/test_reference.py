"""The facts taken from a DICOM file for writing results back: enough, and nothing else."""

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.synthetic import ultrasound, ultrasound_dataset
from worker.ingest.reference import KEPT, source_reference


def reference(dataset: Dataset) -> Dataset:
    found = source_reference(dataset, ExplicitVRLittleEndian, 64, 96)
    return Dataset.from_json(found["attributes"])


def test_what_names_the_instance_is_kept_as_it_is() -> None:
    source = ultrasound_dataset(
        ultrasound(64, 96).pixels,
        PatientName="Dœ^Jäne=東京^太郎",
        StudyID="S 1",
        AccessionNumber="A 1",
        StudyDate="20240229",
        FrameOfReferenceUID="1.2.3.4",
    )
    source.SpecificCharacterSet = "ISO_IR 192"
    kept = reference(source)
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "SOPInstanceUID", "Rows"):
        assert kept[keyword].value == source[keyword].value
    assert (kept.StudyID, kept.AccessionNumber, kept.StudyDate) == ("S 1", "A 1", "20240229")


def test_nothing_that_is_not_listed_is_kept() -> None:
    source = ultrasound_dataset(ultrasound(64, 96).pixels, PatientAddress="42 Some Road")
    source.add_new(0x00110010, "LO", "PRIVATE")
    kept = reference(source)
    assert {element.keyword for element in kept} <= set(KEPT)
    assert "PixelData" not in kept


def test_an_element_that_is_no_name_number_or_date_is_left_out() -> None:
    source = ultrasound_dataset(ultrasound(64, 96).pixels, StudyDescription="x" * 10_000)
    kept = reference(source)
    assert "StudyDescription" not in kept
    assert kept.PatientID == "TEST-0001"
