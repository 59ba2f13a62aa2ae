"""Cines for tests: moving tissue under a static display, with a mask for every frame."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HEVCM10P51,
    HEVCMP51,
    MPEG2MPML,
    MPEG4HP41,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from tests.synthetic import EllipseLesion, dicom_bytes, jpeg_bytes, ultrasound, ultrasound_dataset

NAME = "DOE^JANE  1970-01-01"
_LESION = EllipseLesion((110, 128), (38, 24))


@lru_cache(maxsize=4)
def cine_frames(
    count: int = 6, height: int = 192, width: int = 256, named: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return frames uint8 [N,H,W] and masks bool [N,H,W] of a lesion that moves and changes size.

    Args:
        named: whether every frame shows a patient's name above the echoes.
    """
    image = ultrasound(height, width, 3, (_LESION,), "fan", banner=(NAME,) if named else ())
    inside = np.asarray(image.sector)
    frames, masks = [], []
    for index in range(count):
        phase = np.sin(2 * np.pi * index / max(6, count))
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 2 * phase, 1 + 0.04 * phase)
        turn[:, 2] += (7 * phase, 4 * phase)
        size = (width, height)
        moved = cv2.warpAffine(image.pixels, turn, size, flags=cv2.INTER_LINEAR)
        mask = cv2.warpAffine(image.mask.astype(np.uint8), turn, size, flags=cv2.INTER_NEAREST)
        frames.append(np.where(inside, moved, image.pixels))
        masks.append((mask > 0) & inside)
    return np.stack(frames).astype(np.uint8), np.stack(masks)


def cine_dataset(frames: NDArray[np.uint8], rate: float = 20.0) -> Dataset:
    """Return an uncompressed Ultrasound Multi-frame Image of uint8 [N,H,W] or [N,H,W,3]."""
    dataset = ultrasound_dataset(frames[0])
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.NumberOfFrames = len(frames)
    dataset.FrameTime = 1000 / rate
    dataset.FrameIncrementPointer = 0x00181063
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = np.ascontiguousarray(frames).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    return dataset


def cine_dicom(frames: NDArray[np.uint8], coding: str = "native") -> bytes:
    """Return a DICOM file of these frames, coded as ``native``, ``jpeg`` or ``rle``."""
    dataset = cine_dataset(frames)
    if coding == "jpeg":
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        dataset.PixelData = encapsulate([jpeg_bytes(one, 95) for one in frames])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    elif coding == "rle":
        dataset.compress(RLELossless, generate_instance_uid=False)
    return dicom_bytes(dataset)


def video(
    frames: NDArray[np.uint8],
    container: str = "mp4",
    codec: str = "libx264",
    layout: str = "yuv420p",
    **options: str,
) -> bytes:
    """Return a video of uint8 [N,H,W] at 20 frames per second and a high bit rate.

    Args:
        layout: pixel format, by FFmpeg's name.
        options: options of the encoder.
    """
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=Fraction(20), options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else layout
        stream.bit_rate = 20_000_000
        for one in frames:
            picture = av.VideoFrame.from_ndarray(one, format="gray")
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return buffer.getvalue()


_QUIET = {"x265-params": "log-level=none"}
STREAMS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    MPEG2MPML: ("mpeg2video", "mpeg2video", "yuv420p", {}),
    MPEG4HP41: ("h264", "libx264", "yuv420p", {}),
    HEVCMP51: ("hevc", "libx265", "yuv420p", _QUIET),
    HEVCM10P51: ("hevc", "libx265", "yuv420p10le", _QUIET),
}
"""By transfer syntax: the stream's container, codec, pixel format and options."""


def cine_video_dicom(frames: NDArray[np.uint8], syntax: str = MPEG4HP41) -> bytes:
    """Return a DICOM file with a bare stream in one of the transfer syntaxes of `STREAMS`."""
    container, codec, layout, options = STREAMS[syntax]
    stream = video(frames, container, codec, layout, **options)
    dataset = cine_dataset(np.repeat(frames[..., None], 3, axis=3))
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    dataset.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dicom_bytes(dataset)
