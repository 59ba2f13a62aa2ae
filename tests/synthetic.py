"""Images for all tests: plain tissue with lesions at given pixels, and files of them.

`models.synthetic` simulates the echoes; this module adds the lengths in px and the file formats
that tests need. Every name is obviously invented.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, JPEGBaseline8Bit

from models.synthetic import (
    Curved,
    Display,
    Furniture,
    Geometry,
    Layer,
    Lesion,
    Linear,
    Outline,
    Placement,
    Scene,
    SyntheticImage,
    Transducer,
    burn_in,
    scan,
)
from models.synthetic import dicom as synthetic_dicom
from models.synthetic.dicom import dicom_bytes as part_10_bytes
from models.synthetic.dicom import ultrasound_region

__all__ = ["SyntheticImage", "ultrasound_region"]

SPACING = 0.2
"""mm per px of every frame, as stated by `ultrasound_region`."""
_TISSUE = (Layer(1000, texture=2.0, grain=(14, 14)),)
_TRANSDUCER = Transducer(frequency=3.2, bandwidth=0.6, f_number=2.0, focus=45)
_DISPLAY = Display(dynamic_range=55, white=13, noise=-45, black=12)


@dataclass(frozen=True)
class EllipseLesion:
    """A lesion as an ellipse in px of the frame."""

    center: tuple[float, float]
    """(row, column)."""
    axes: tuple[float, float]
    """Semi-axes; the first lies along `angle`."""
    angle: float = 0.0
    """Degrees from the column axis towards the row axis."""
    echo: float = 0.06
    """Amplitude of echoes relative to the surrounding tissue; below 1 is darker."""

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Return the pixels whose centres are inside, bool [H,W]."""
        rows = np.arange(height, dtype=np.float32)[:, None]
        columns = np.arange(width, dtype=np.float32)[None]
        return Outline(*self.center, self.axes, self.angle).inside(rows, columns)

    def placed(self, placement: Placement) -> Lesion:
        """Return the lesion in the coordinates of a frame's scene."""
        depth, lateral = placement.to_scene(*self.center)
        axes = (self.axes[0] * placement.spacing, self.axes[1] * placement.spacing)
        outline = Outline(depth, lateral, axes, self.angle)
        return Lesion(outline, 20 * float(np.log10(self.echo)))


def ultrasound(
    height: int = 384,
    width: int = 512,
    seed: int = 0,
    lesions: Sequence[EllipseLesion] | None = None,
    geometry: str = "fan",
    banner: Sequence[str] = ("DOE^JANE  1970-01-01", "MI 1.1  TIS 0.4"),
    color: bool = False,
) -> SyntheticImage:
    """Return a frame: speckled tissue with lesions in a sector, text above and beside it.

    Args:
        lesions: None puts one at a random place in the sector.
        geometry: "fan" (curved array), "linear" (rectangle) or "full" (no border at all).
        banner: lines of text outside the sector; omitted if there is no room.
        color: RGB with coloured calipers and a colour bar instead of grey.
    """
    chosen = None if lesions is None else tuple(lesions)
    image = _ultrasound(height, width, seed, chosen, geometry, tuple(banner), color)
    for array in (image.pixels, image.mask, image.sector):
        array.flags.writeable = False  # shared with other tests by the cache
    return image


@lru_cache(maxsize=32)
def _ultrasound(
    height: int,
    width: int,
    seed: int,
    lesions: tuple[EllipseLesion, ...] | None,
    geometry: str,
    banner: tuple[str, ...],
    color: bool,
) -> SyntheticImage:
    if geometry == "full":
        top, left, box_height, box_width = 0, 0, height, width
    else:
        top, left = round(height * 0.14), round(width * 0.1)
        box_height, box_width = height - top - round(height * 0.06), width - 2 * left
    beams: Geometry
    if geometry == "fan":
        beams = Curved.filling(box_height * SPACING, box_width * SPACING)
    else:
        beams = Linear(box_height * SPACING, box_width * SPACING)
    placement = Placement.centred(beams, height, width, (top, left, box_height, box_width))
    if lesions is None:
        rng = np.random.default_rng(seed)
        size = min(box_height, box_width)
        center = (
            top + box_height * rng.uniform(0.45, 0.6),
            left + box_width * rng.uniform(0.4, 0.6),
        )
        axes = (size * rng.uniform(0.12, 0.2), size * rng.uniform(0.08, 0.12))
        lesions = (EllipseLesion(center, axes, rng.uniform(0, 180)),)
    image = scan(
        Scene(_TISSUE, tuple(lesion.placed(placement) for lesion in lesions)),
        _TRANSDUCER,
        beams,
        placement,
        _DISPLAY,
        seed=seed,
    )
    lines = banner if geometry != "full" else ()
    return burn_in(image, Furniture(banner=lines, bar=color, calipers=color, colour=color))


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of uint8 grey or RGB."""
    return pillow_bytes(pixels, "PNG")


def jpeg_bytes(pixels: NDArray[np.uint8], quality: int = 92, **options: Any) -> bytes:
    """Return a JPEG of uint8 grey or RGB."""
    return pillow_bytes(pixels, "JPEG", quality=quality, **options)


def pillow_bytes(pixels: NDArray[Any], image_format: str, **options: Any) -> bytes:
    """Return the pixels in any format that Pillow writes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def ultrasound_png(height: int = 384, width: int = 512, seed: int = 0) -> bytes:
    """Return a PNG of a synthetic frame with one lesion."""
    return png_bytes(ultrasound(height, width, seed).pixels)


def ultrasound_dataset(
    pixels: NDArray[np.uint8], regions: Sequence[Dataset] = (), **attributes: Any
) -> Dataset:
    """Return an uncompressed Ultrasound Image dataset of Jane Doe.

    `attributes` replace or add elements by keyword.
    """
    known = {
        "PatientName": "Doe^Jane",
        "PatientID": "TEST-0001",
        "PatientBirthDate": "19700101",
        "BodyPartExamined": "OVARY",
    }
    return synthetic_dicom.ultrasound_dataset(pixels, regions, **(known | attributes))


def dicom_bytes(dataset: Dataset, big_endian: bool = False) -> bytes:
    """Return the dataset as a DICOM file (Part 10)."""
    if not big_endian:
        return part_10_bytes(dataset)
    buffer = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    dataset.save_as(buffer, enforce_file_format=True, little_endian=False, implicit_vr=False)
    return buffer.getvalue()


def ultrasound_dicom(
    image: SyntheticImage, regions: Sequence[Dataset] = (), **attributes: Any
) -> bytes:
    """Return a DICOM file of a synthetic frame."""
    return dicom_bytes(ultrasound_dataset(image.pixels, regions, **attributes))


def jpeg_baseline_dataset(pixels: NDArray[np.uint8], **attributes: Any) -> Dataset:
    """Like `ultrasound_dataset`, with the pixels in JPEG Baseline."""
    dataset = ultrasound_dataset(pixels, **attributes)
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    if pixels.ndim == 3:
        dataset.PhotometricInterpretation = "YBR_FULL_422"
    dataset.PixelData = encapsulate([jpeg_bytes(pixels)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset
