"""Pictures that are not ultrasound, from installed packages, and some without any content.

They measure the out-of-domain flag (:mod:`models.packaging.domain`) and are never used to fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pydicom
import skimage.data
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError

from models.data.samples import IMAGE_SUFFIXES
from worker.decoding import decode
from worker.ingest import DecodeError, DecodeLimits
from worker.pipeline import Frame

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "horse.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "microaneurysms.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
"""Photographs that come with scikit-image."""

_SIZES = ((480, 640), (256, 256), (700, 500))
_Image = NDArray[np.uint8]


class Picture(NamedTuple):
    """A picture of a named set."""

    kind: str
    name: str
    frame: Frame


def pictures() -> Iterator[Picture]:
    """Yield photographs, DICOM files by modality, and plain, noisy and graded images.

    DICOM files of ultrasound have the kind `DICOM US`. The same pixels are yielded once.
    """
    yield from _photographs()
    yield from _dicom()
    for kind, make in _MADE.items():
        for height, width in _SIZES:
            for index, image in enumerate(make(height, width)):
                yield Picture(kind, f"{index}, {width}×{height}", Frame(image))


def pictures_of(folder: Path) -> Iterator[Picture]:
    """Yield the uploadable images in and below a folder, with the folder's name as kind."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES and (frame := _read(path)):
            yield Picture(folder.name, path.name, frame)


def _photographs() -> Iterator[Picture]:
    folder = Path(skimage.data.__file__).parent
    for name in PHOTOGRAPHS:
        if (folder / name).is_file() and (frame := _read(folder / name)):
            yield Picture("photographs", name, frame)


def _dicom() -> Iterator[Picture]:
    """Yield the single-frame files with a picture among pydicom's own test data."""
    seen = set()
    for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True)
        except (InvalidDicomError, OSError, EOFError):
            continue
        if "Rows" not in header or not (frame := _read(path)):
            continue
        if (pixels := frame.pixels.tobytes()) not in seen:
            seen.add(pixels)
            yield Picture(f"DICOM {header.get('Modality') or '?'}", path.name, frame)


def _read(path: Path) -> Frame | None:
    try:
        return decode(path.read_bytes(), DecodeLimits()).deidentified().frame
    except DecodeError:
        return None  # not an uploadable picture


def _plain(height: int, width: int) -> Iterator[_Image]:
    for level in (0, 60, 128, 255):
        yield np.full((height, width), level, np.uint8)


def _noise(height: int, width: int) -> Iterator[_Image]:
    rng = np.random.default_rng(0)
    yield rng.integers(0, 256, (height, width), dtype=np.uint8)
    yield np.clip(rng.normal(90, 30, (height, width)), 0, 255).astype(np.uint8)
    smooth = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 8)
    yield (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


def _gradients(height: int, width: int) -> Iterator[_Image]:
    yield np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
    yield np.tile(np.linspace(255, 0, height).astype(np.uint8)[:, None], (1, width))


_MADE: dict[str, Callable[[int, int], Iterator[_Image]]] = {
    "plain": _plain,
    "noise": _noise,
    "gradients": _gradients,
}
