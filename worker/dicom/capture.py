"""Secondary captures (PS3.3 A.8): the overlay as a picture, for viewers that show nothing else."""

from __future__ import annotations

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset

from worker.dicom.finish import RESEARCH, part_10
from worker.dicom.result import Kind, Result


def capture(result: Result) -> bytes | None:
    """Write the overlay of the frame with the largest lesion area; None if no frame has a lesion.

    It shows the stored picture, in which what named the patient is black, as far as it was found.
    """
    shown = [frame for frame in result.frames if frame.overlay is not None]
    if not shown:
        return None
    frame = max(shown, key=lambda one: sum(lesion.area_px for lesion in one.lesions))
    assert frame.overlay is not None  # noqa: S101
    source = result.source.dataset
    dataset = hd.sc.SCImage(
        pixel_array=np.ascontiguousarray(frame.overlay),
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "F"),  # highdicom requires one; the source's replaces it
        study_instance_uid=source.StudyInstanceUID,
        patient_id=source.PatientID,
        patient_name=source.PatientName,
        patient_birth_date=source.PatientBirthDate,
        patient_sex=source.PatientSex or None,
        accession_number=source.AccessionNumber,
        study_id=source.StudyID,
        study_date=source.StudyDate or None,
        study_time=source.StudyTime or None,
        referring_physician_name=source.ReferringPhysicianName,
        specific_character_set="ISO_IR 192",
        **result.attributes(Kind.CAPTURE),
        **result.device(),
    )
    dataset.copy_patient_and_study_information(source)
    dataset.Modality = "US"
    dataset.ConversionType = "WSD"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.BurnedInAnnotation = "YES" if result.may_show_text else "NO"
    dataset.ImageComments = f"Lesions outlined by Sonoloop. {RESEARCH}"
    reference = Dataset()
    reference.ReferencedSOPClassUID = source.SOPClassUID
    reference.ReferencedSOPInstanceUID = source.SOPInstanceUID
    if result.source.frames > 1:
        reference.ReferencedFrameNumber = frame.index + 1
    dataset.SourceImageSequence = [reference]
    return part_10(dataset, result, Kind.CAPTURE)
