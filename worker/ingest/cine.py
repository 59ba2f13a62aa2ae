"""Files with several pictures over time: multi-frame DICOM and video, read frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from worker.ingest import dicom_cine, video
from worker.ingest.attributes import ASPECT, NOT_SQUARE, NOTES
from worker.ingest.decode import Decoded, library_errors, of_dicom
from worker.ingest.errors import DecodeLimits, damaged, unsupported_pixels
from worker.ingest.sniff import sniff
from worker.pipeline.frame import Frame, to_grey

Pixels = NDArray[np.uint8]

MOST_SAMPLES, SAMPLES_PIXELS = 12, 24_000_000
"""Most frames that de-identification examines, and most pixels in all of them."""
MOST_RATE = 1000.0
"""Most frames per second."""
STEP_MS = 1000 / 25
"""Time between frames of a file without times."""


@dataclass(frozen=True, slots=True)
class OpenedCine:
    """A file of several frames with its headers read and checked.

    Attributes:
        about: all facts of the file, with a black frame that has its region and spacing.
        frames: yields each frame as uint8 [H,W] or [H,W,3] with its time in ms, from the beginning
            at every call; the time is None if the file has none.
        frames_per_second: playback rate; None if the file does not state one.
        tolerance: levels by which the channels of a grey picture may differ after lossy coding.
    """

    about: Decoded
    frames: Callable[[], Iterator[tuple[Pixels, float | None]]]
    frames_per_second: float | None
    tolerance: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """Facts about a cine after all frames were decoded.

    Attributes:
        times: time of each frame in ms since the first.
        frames_per_second: as stated, or from the times.
        grey: whether all frames are without colour.
        samples: some frames over the whole cine.
    """

    times: list[float]
    frames_per_second: float
    grey: bool
    samples: list[Pixels]


def open_cine(data: bytes, limits: DecodeLimits) -> OpenedCine:
    """Read the headers of a file of several frames.

    Raises:
        DecodeError: it is not an accepted cine.
    """
    limits.check_bytes(len(data))
    found = sniff(data)
    with library_errors():
        if found == "dicom":
            content = dicom_cine.open_frames(data, limits)
            about = of_dicom(content.about)
            return OpenedCine(about, content.frames, content.frames_per_second, content.tolerance)
        if found == "video":
            clip = video.open_video(data, limits)
            black = Frame(np.zeros((clip.height, clip.width), np.uint8))
            said = {ASPECT: clip.aspect, NOTES: [NOT_SQUARE]} if clip.aspect else {}
            return OpenedCine(
                Decoded(black, found, said), clip.frames, clip.frames_per_second, video.TOLERANCE
            )
    raise damaged()


def survey(opened: OpenedCine, limits: DecodeLimits) -> Survey:
    """Decode all frames once: count them, check that all decode, and take samples.

    Raises:
        DecodeError: a frame cannot be decoded or has another size, or there are too many.
    """
    shape = opened.about.frame.pixels.shape[:2]
    most = max(2, min(MOST_SAMPLES, SAMPLES_PIXELS // (shape[0] * shape[1])))
    samples: list[Pixels] = []
    times: list[float | None] = []
    step, grey = 1, True
    for index, (pixels, time) in enumerate(_decoded(opened)):
        limits.check_frames(index + 1, shape[0] * shape[1])
        if pixels.shape[:2] != shape:
            raise unsupported_pixels("frames of different sizes")
        times.append(time)
        grey = grey and is_grey(pixels, opened.tolerance)
        if index % step == 0:
            samples.append(pixels)
            if len(samples) > most:
                samples, step = samples[::2], step * 2
    if not times:
        raise damaged()
    if grey:
        samples = [as_grey(one) for one in samples]
    rate = opened.frames_per_second
    offsets_ms = _monotonic(times, rate)
    if rate is None:
        rate = 1000 * (len(times) - 1) / offsets_ms[-1] if len(times) > 1 else 1000 / STEP_MS
    return Survey(offsets_ms, round(min(max(rate, 0.1), MOST_RATE), 3), grey, samples)


def frames_of(opened: OpenedCine, *, grey: bool) -> Iterator[Pixels]:
    """Yield each frame from the beginning, uint8 [H,W] if all are grey, else [H,W,3].

    Raises:
        DecodeError: a frame cannot be decoded.
    """
    for pixels, _ in _decoded(opened):
        if grey:
            yield as_grey(pixels)
        else:
            yield pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def _decoded(opened: OpenedCine) -> Iterator[tuple[Pixels, float | None]]:
    with library_errors():
        yield from opened.frames()


def _monotonic(times: list[float | None], rate: float | None) -> list[float]:
    """Make times in ms start at zero and never decrease."""
    stated = [time for time in times if time is not None]
    ascending = all(a < b for a, b in pairwise(stated))
    if len(stated) == len(times) and ascending:
        offsets_ms = [round(time - stated[0], 3) for time in stated]
        if offsets_ms[-1] > 0 or len(offsets_ms) == 1:  # a step of zero time is ignored
            return offsets_ms
    step = 1000 / rate if rate and rate <= MOST_RATE else STEP_MS
    return [round(index * step, 3) for index in range(len(times))]


def is_grey(pixels: Pixels, tolerance: int) -> bool:
    """Whether the channels are equal up to a tolerance."""
    if pixels.ndim == 2:
        return True
    green = pixels[..., 1].astype(np.int16)
    return all(
        int(np.abs(pixels[..., other].astype(np.int16) - green).max(initial=0)) <= tolerance
        for other in (0, 2)
    )


def as_grey(pixels: Pixels) -> Pixels:
    """One channel of a grey picture; if channels are equal, each is the luma."""
    return np.ascontiguousarray(to_grey(pixels))
