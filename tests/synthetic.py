"""Synthetic ultrasound images with known lesions, sectors and text, for all tests.

Speckle comes from random scatterers convolved with a point-spread function (axial carrier under a
Gaussian envelope, lateral Gaussian), weighted by the echogenicity of the tissue, enveloped and
log-compressed: the standard linear model (Bamber & Dickinson 1980). No patient is in here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    UltrasoundImageStorage,
    generate_uid,
)

DYNAMIC_RANGE_DB = 55.0


@dataclass(frozen=True)
class EllipseLesion:
    """A lesion as an ellipse in px of the frame."""

    center: tuple[float, float]
    """(row, column)."""
    axes: tuple[float, float]
    """Half axes; the first lies along `angle`."""
    angle: float = 0.0
    """Degrees from the column axis towards the row axis."""
    echo: float = 0.06
    """Echogenicity against the tissue around, 1 = the same; below 1 is darker."""

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Pixels whose centres are inside, bool [H,W]."""
        rows, columns = np.ogrid[:height, :width]
        dy, dx = rows - self.center[0], columns - self.center[1]
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        along, across = dx * c + dy * s, -dx * s + dy * c
        inside: NDArray[np.bool_] = (along / self.axes[0]) ** 2 + (across / self.axes[1]) ** 2 <= 1
        return inside


@dataclass(frozen=True)
class SyntheticImage:
    """An image and what is known about it.

    Attributes:
        pixels: uint8 [H,W] or [H,W,3] RGB.
        mask: bool [H,W], the lesions.
        sector: bool [H,W], where echoes are.
        sector_box: (top, left, height, width) of the sector.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    sector: NDArray[np.bool_]
    sector_box: tuple[int, int, int, int]
    lesions: tuple[EllipseLesion, ...] = field(default=())


def envelope(echogenicity: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Fully developed speckle: envelope of scatterers seen through the point-spread function."""
    scatterers = rng.standard_normal(echogenicity.shape) + 1j * rng.standard_normal(
        echogenicity.shape
    )
    weighted = scatterers * echogenicity
    # The carrier only turns the phase of circular noise, so the envelope needs none.
    real = cv2.GaussianBlur(weighted.real.copy(), (0, 0), sigmaX=2.2, sigmaY=1.1)
    imaginary = cv2.GaussianBlur(weighted.imag.copy(), (0, 0), sigmaX=2.2, sigmaY=1.1)
    result: NDArray[np.float64] = np.hypot(real, imaginary)
    return result


def log_compress(amplitude: NDArray[np.float64], gain_db: float = 0.0) -> NDArray[np.uint8]:
    """Amplitude to uint8 over the dynamic range; the brightest percent saturates."""
    reference = np.percentile(amplitude, 99.5) + 1e-12
    decibels = 20 * np.log10(np.maximum(amplitude / reference, 1e-9)) + gain_db
    return np.clip((decibels / DYNAMIC_RANGE_DB + 1) * 255, 0, 255).astype(np.uint8)


def fan(height: int, width: int, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Sector of a curved array inside `box`: an outer arc, two rays, an inner arc at the probe."""
    top, left, box_height, box_width = box
    rows, columns = np.ogrid[:height, :width]
    half = box_width / 2
    outer = max(half / math.sin(math.radians(50)), 1.25 * box_height)
    half_angle = math.asin(half / outer)
    apex_row, center = top + box_height - outer, left + half - 0.5
    radius = np.hypot(rows - apex_row, columns - center)
    angle = np.abs(np.arctan2(columns - center, rows - apex_row))
    inner = max(0.0, (top - apex_row) / math.cos(half_angle))
    sector: NDArray[np.bool_] = (radius <= outer) & (radius >= inner) & (angle <= half_angle)
    cut: NDArray[np.bool_] = np.zeros_like(sector)
    cut[top : top + box_height, left : left + box_width] = True
    return sector & cut


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        int(rows[0]),
        int(columns[0]),
        int(rows[-1] - rows[0] + 1),
        int(columns[-1] - columns[0] + 1),
    )


def ultrasound(
    height: int = 384,
    width: int = 512,
    seed: int = 0,
    lesions: Sequence[EllipseLesion] | None = None,
    geometry: str = "fan",
    banner: Sequence[str] = ("DOE^JANE  1970-01-01", "MI 1.1  TIS 0.4"),
    color: bool = False,
    sector_box: tuple[int, int, int, int] | None = None,
) -> SyntheticImage:
    """One frame: speckled tissue in a sector, lesions in it, text above and beside it.

    Args:
        lesions: None puts one at random inside the sector.
        geometry: "fan" (curved array), "linear" (rectangle) or "full" (no border at all).
        banner: lines of text outside the sector; dropped where there is no room.
        color: RGB with coloured calipers and a colour bar instead of grey.
        sector_box: (top, left, height, width) of the sector; None leaves a border for the text.
    """
    rng = np.random.default_rng(seed)
    if geometry == "full":
        box = (0, 0, height, width)
    elif sector_box is not None:
        box = sector_box
    else:
        top, side = round(height * 0.14), round(width * 0.1)
        box = (top, side, height - top - round(height * 0.06), width - 2 * side)
    if geometry == "fan":
        sector = fan(height, width, box)
    else:
        sector = np.zeros((height, width), dtype=bool)
        sector[box[0] : box[0] + box[2], box[1] : box[1] + box[3]] = True
    sector_bounds = _bounds(sector) if sector.any() else box

    if lesions is None:
        top, left, box_height, box_width = sector_bounds
        size = min(box_height, box_width)
        lesions = (
            EllipseLesion(
                (
                    top + box_height * rng.uniform(0.45, 0.6),
                    left + box_width * rng.uniform(0.4, 0.6),
                ),
                (size * rng.uniform(0.12, 0.2), size * rng.uniform(0.08, 0.12)),
                rng.uniform(0, 180),
            ),
        )
    rows = np.linspace(0, 1, height)[:, None]
    layers = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), max(2.0, width / 12))
    layers = layers / (np.abs(layers).max() + 1e-9)
    echogenicity = np.exp(0.7 * layers - 0.5 * rows)
    mask = np.zeros((height, width), dtype=bool)
    for lesion in lesions:
        inside = lesion.mask(height, width)
        mask |= inside
        echogenicity[inside] *= lesion.echo
    mask &= sector
    grey = log_compress(envelope(echogenicity, rng), gain_db=2.0)
    grey = np.maximum(grey, 12)  # the noise floor of the receiver
    grey[~sector] = 0

    pixels = np.repeat(grey[..., None], 3, axis=2) if color else grey
    if geometry != "full" and banner:
        _write_banner(pixels, banner, sector)
    if color and width >= 64 and height >= 64:
        pixels[height // 4 : height // 2, 2:6] = (250, 120, 20)
        for lesion in lesions:
            row, column = (round(v) for v in lesion.center)
            end = round(column + lesion.axes[0])
            for x in (2 * column - end, end):
                cv2.drawMarker(pixels, (x, row), (255, 255, 0), cv2.MARKER_CROSS, 9, 1)
    return SyntheticImage(pixels, mask, sector, sector_bounds, tuple(lesions))


def _write_banner(
    pixels: NDArray[np.uint8], lines: Sequence[str], sector: NDArray[np.bool_]
) -> None:
    height, width = pixels.shape[:2]
    if height < 96 or width < 96:
        return
    scale = height / 1100
    text = pixels.copy()
    for number, line in enumerate(lines):
        origin = (4, round((number + 1) * 0.045 * height))
        cv2.putText(text, line, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (230, 230, 230), 1)
    np.copyto(pixels, text, where=~(sector if pixels.ndim == 2 else sector[..., None]))


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """PNG of uint8 grey or RGB."""
    return pillow_bytes(pixels, "PNG")


def jpeg_bytes(pixels: NDArray[np.uint8], quality: int = 92, **options: Any) -> bytes:
    """JPEG of uint8 grey or RGB."""
    return pillow_bytes(pixels, "JPEG", quality=quality, **options)


def pillow_bytes(pixels: NDArray[Any], image_format: str, **options: Any) -> bytes:
    """The pixels in any format that Pillow writes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def ultrasound_png(height: int = 384, width: int = 512, seed: int = 0) -> bytes:
    """PNG of a synthetic frame with one lesion."""
    return png_bytes(ultrasound(height, width, seed).pixels)


def ultrasound_region(
    box: tuple[int, int, int, int],
    delta_cm: tuple[float, float] | None = (0.02, 0.02),
    units: int = 3,
    spatial_format: int = 1,
) -> Dataset:
    """One item of Sequence of Ultrasound Regions (0018,6011).

    Args:
        box: (top, left, height, width), px.
        delta_cm: physical delta (row, column); None leaves it out.
        units: physical units of both directions, 3 = cm (PS3.3 C.8.5.5.1.15).
        spatial_format: 1 = 2D.
    """
    top, left, height, width = box
    item = Dataset()
    item.RegionSpatialFormat = spatial_format
    item.RegionDataType = 1
    item.RegionFlags = 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = left + width - 1, top + height - 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    if delta_cm is not None:
        item.PhysicalDeltaY, item.PhysicalDeltaX = delta_cm
    return item


def ultrasound_dataset(
    pixels: NDArray[np.uint8], regions: Sequence[Dataset] = (), **attributes: Any
) -> Dataset:
    """An Ultrasound Image dataset (uncompressed), with an invented patient.

    `attributes` replace or add elements by keyword.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["sonoloop-test"])
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = UltrasoundImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["sonoloop-test-study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["sonoloop-test-series"])
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = "TEST-0001"
    dataset.PatientBirthDate = "19700101"
    dataset.Modality = "US"
    dataset.Manufacturer = "Synthetic"
    dataset.ManufacturerModelName = "Speckle One"
    dataset.BodyPartExamined = "OVARY"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.PixelData = _even(pixels.tobytes())
    if regions:
        dataset.SequenceOfUltrasoundRegions = DicomSequence(regions)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def dicom_bytes(dataset: Dataset, big_endian: bool = False) -> bytes:
    """The dataset as a DICOM file (Part 10)."""
    buffer = io.BytesIO()
    if big_endian:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
        dataset.save_as(buffer, enforce_file_format=True, little_endian=False, implicit_vr=False)
    else:
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def ultrasound_dicom(
    image: SyntheticImage, regions: Sequence[Dataset] = (), **attributes: Any
) -> bytes:
    """A DICOM file of a synthetic frame."""
    return dicom_bytes(ultrasound_dataset(image.pixels, regions, **attributes))


def jpeg_baseline_dataset(pixels: NDArray[np.uint8], **attributes: Any) -> Dataset:
    """As `ultrasound_dataset`, its pixels in JPEG Baseline."""
    dataset = ultrasound_dataset(pixels, **attributes)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    if pixels.ndim == 3:
        dataset.PhotometricInterpretation = "YBR_FULL_422"
    dataset.PixelData = encapsulate([jpeg_bytes(pixels)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def _even(data: bytes) -> bytes:
    """DICOM values have an even number of bytes."""
    return data + b"\0" if len(data) % 2 else data
