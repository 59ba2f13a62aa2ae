"""DICOM files of several frames, read one by one, so that they are never all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import UID, ExplicitVRBigEndian

from worker.ingest import video
from worker.ingest.calibration import Calibration, calibrate
from worker.ingest.dicom import DicomContent, content_of, open_dataset, picture_of
from worker.ingest.errors import DecodeLimits
from worker.ingest.samples import joined_fragments, samples_of_frames

MPEG = {
    "1.2.840.10008.1.2.4.100": "mpegvideo",
    "1.2.840.10008.1.2.4.101": "mpegvideo",
    "1.2.840.10008.1.2.4.102": "h264",
    "1.2.840.10008.1.2.4.103": "h264",
    "1.2.840.10008.1.2.4.104": "h264",
    "1.2.840.10008.1.2.4.105": "h264",
    "1.2.840.10008.1.2.4.106": "h264",
    "1.2.840.10008.1.2.4.107": "hevc",
    "1.2.840.10008.1.2.4.108": "hevc",
}
"""Transfer syntaxes of video, without their fragmentable variants, and the codec of each bare
stream (PS3.5 8.2.5 to 8.2.9).
"""

Frames = Iterator[tuple[NDArray[np.uint8], float | None]]


@dataclass(frozen=True, slots=True)
class CineContent:
    """The content of a file; see :class:`worker.ingest.cine.OpenedCine`.

    Attributes:
        about: all facts of the data set, with a black picture.
    """

    about: DicomContent
    frames: Callable[[], Frames]
    frames_per_second: float | None
    tolerance: int


def open_frames(data: bytes, limits: DecodeLimits) -> CineContent:
    """Read the data set; its frames are decoded on request.

    Raises:
        DecodeError: it contains no pictures, too many, or ones that cannot be decoded.
    """
    dataset, syntax, layout = open_dataset(data, limits, several=True)
    count = int(dataset.get("NumberOfFrames") or 1)
    limits.check_frames(count, layout.rows * layout.columns)
    notes: list[str] = []
    codec = codec_of(syntax)
    size, tolerance = (layout.rows, layout.columns), 0
    aspect = None
    rate = _rate(dataset)
    if codec is not None:
        clip = video.open_video(joined_fragments(dataset), limits, codec)
        size, tolerance, rate = (
            (clip.height, clip.width),
            video.TOLERANCE,
            rate or (clip.frames_per_second),
        )
        aspect = clip.aspect
    if size == (layout.rows, layout.columns):
        known = calibrate(dataset, *size, notes)
    else:
        # Regions and spacing are those of a picture of another size.
        known = Calibration(None, None)
        notes.append("Lengths are unknown: the video has another size than the file states.")
    times = _times(dataset, count)

    def frames() -> Frames:
        if codec is not None:
            yield from clip.frames()
            return
        swapped = syntax == ExplicitVRBigEndian
        for index, samples in enumerate(samples_of_frames(dataset, syntax, layout, count)):
            # The notes are the same for every frame.
            yield picture_of(samples, dataset, swapped, []), times[index] if times else None

    about = content_of(dataset, syntax, np.zeros(size, np.uint8), known, notes, aspect)
    return CineContent(about, frames, rate, tolerance)


def codec_of(syntax: UID) -> str | None:
    """Codec of a bare stream by its video transfer syntax; None for all others."""
    return MPEG.get(str(syntax).removesuffix(".1")) or MPEG.get(str(syntax))


def _number(dataset: Dataset, keyword: str) -> float | None:
    value = dataset.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    try:
        number = float(value) if value is not None else 0.0
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 1e6 else None


def _rate(dataset: Dataset) -> float | None:
    """Playback rate in frames per second (PS3.3 C.7.6.5.1)."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        stated = _number(dataset, keyword)
        if stated is not None:
            return stated
    step = _number(dataset, "FrameTime")
    return 1000 / step if step else None


def _times(dataset: Dataset, count: int) -> list[float] | None:
    """Time of each frame in ms since the first; None if the file does not state it."""
    vector = dataset.get("FrameTimeVector")
    if isinstance(vector, MultiValue) and len(vector) == count:
        try:
            steps = [float(step) for step in vector]
        except (TypeError, ValueError):
            steps = []
        if steps and all(0 <= step < 1e6 for step in steps):
            return [float(time) for time in np.cumsum([0.0, *steps[1:]])]
    step = _number(dataset, "FrameTime")
    if step is None:
        rate = _number(dataset, "CineRate") or _number(dataset, "RecommendedDisplayFrameRate")
        step = 1000 / rate if rate else None
    return [index * step for index in range(count)] if step else None
