"""Synthetic frames as DICOM: Ultrasound Image Storage with a calibrated region (PS3.3 C.8.5.5)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage, generate_uid

from models.synthetic.scan import SyntheticImage

_TISSUE, _CENTIMETRES, _TWO_DIMENSIONAL = 1, 3, 1
_MM_PER_CM = 10


def ultrasound_region(
    box: tuple[int, int, int, int],
    delta_cm: tuple[float, float] | None = (0.02, 0.02),
    units: int = _CENTIMETRES,
    spatial_format: int = _TWO_DIMENSIONAL,
) -> Dataset:
    """Return one item of Sequence of Ultrasound Regions (0018,6011).

    Args:
        box: (top, left, height, width), px.
        delta_cm: physical delta (row, column); None leaves it out.
        units: physical units of both directions (C.8.5.5.1.15).
        spatial_format: spatial format of the region (C.8.5.5.1.1).
    """
    top, left, height, width = box
    item = Dataset()
    item.RegionSpatialFormat = spatial_format
    item.RegionDataType = _TISSUE
    item.RegionFlags = 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = left + width - 1, top + height - 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    if delta_cm is not None:
        item.PhysicalDeltaY, item.PhysicalDeltaX = delta_cm
    return item


def ultrasound_dataset(
    pixels: NDArray[np.uint8],
    regions: Sequence[Dataset] = (),
    *,
    identifier: str = "0000",
    **attributes: Any,
) -> Dataset:
    """Return an uncompressed Ultrasound Image of an invented patient.

    Args:
        pixels: uint8 [H,W] or [H,W,3] RGB.
        regions: items as made by `ultrasound_region`.
        identifier: source of the UIDs, so that a file of a seed is always the same.
        **attributes: elements by keyword, instead of or in addition to those made here.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = UltrasoundImageStorage
    instance, study, series = (
        generate_uid(entropy_srcs=["sonoloop-synthetic", part, identifier])
        for part in ("instance", "study", "series")
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = instance
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.PatientName = "Synthetic^Patient"
    dataset.PatientID = f"SYNTHETIC-{identifier}"
    dataset.PatientBirthDate = "19000101"
    dataset.Modality = "US"
    dataset.Manufacturer = "Synthetic"
    dataset.ManufacturerModelName = "Speckle One"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    data = pixels.tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)  # values have an even number of bytes
    if regions:
        dataset.SequenceOfUltrasoundRegions = DicomSequence(regions)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def calibrated_dataset(image: SyntheticImage, **attributes: Any) -> Dataset:
    """Return an `ultrasound_dataset` whose single region is the sector with its true spacing."""
    delta = image.placement.spacing / _MM_PER_CM
    region = ultrasound_region(image.sector_box, (delta, delta))
    return ultrasound_dataset(image.pixels, [region], **attributes)


def dicom_bytes(dataset: Dataset) -> bytes:
    """Return the dataset as a DICOM file (PS3.10)."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
