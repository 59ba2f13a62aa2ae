"""Pictures of the result: the overlay, and PNG of masks and frames."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from worker.pipeline.frame import Region

FILL_OPACITY = 0.28
COLOR = (255, 176, 0)
"""RGB. Amber stands out from grey tissue, and from red and blue Doppler for colour-blind readers
too (it is the amber of IBM's colour-blind safe palette)."""


class Outlined(Protocol):
    """A lesion that can be drawn: a bounding box, and contours int32 [N,2] of (x, y)."""

    @property
    def box(self) -> Region: ...

    @property
    def contours(self) -> Sequence[NDArray[np.int32]]: ...


def draw_overlay(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], lesions: Sequence[Outlined]
) -> NDArray[np.uint8]:
    """Draw the frame as RGB with lesions filled translucently and outlined.

    Args:
        pixels: uint8 [H,W] or [H,W,3].
        mask: bool [H,W].
        lesions: lesions of the mask; their contours are drawn.

    Returns:
        uint8 [H,W,3], a new array.
    """
    if pixels.ndim == 2:
        overlay = cast(NDArray[np.uint8], cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
    else:
        overlay = pixels.copy()
    # Boxes may overlap; each is blended from the original frame, so that no pixel is filled twice.
    frame = overlay.copy() if len(lesions) > 1 else overlay
    for lesion in lesions:
        window = frame[lesion.box.slices]
        inside = mask[lesion.box.slices]
        paint = np.full_like(window, COLOR)
        blended = cv2.addWeighted(window, 1 - FILL_OPACITY, paint, FILL_OPACITY, 0)
        cv2.copyTo(blended, inside.astype(np.uint8), overlay[lesion.box.slices])
    thickness = max(1, round(min(pixels.shape[:2]) / 320))
    contours = [contour.reshape(-1, 1, 2) for lesion in lesions for contour in lesion.contours]
    cv2.polylines(overlay, contours, True, COLOR, thickness, cv2.LINE_AA)
    return overlay


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode uint8 [H,W] or [H,W,3] RGB as PNG, quickly and with the same bytes every time.

    Deflate level 1 and one filter for all rows take half the time of choosing a filter for each
    row, and the result is as small.
    """
    image = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    if pixels.ndim == 2:
        # Grey speckle repeats almost only in runs: this takes half the time and is smaller.
        options += [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    done, data = cv2.imencode(".png", image, options)
    if not done:
        raise ValueError(f"cannot write PNG of shape {pixels.shape}")
    return data.tobytes()


def encode_mask_png(mask: NDArray[np.bool_]) -> bytes:
    """Encode bool [H,W] as a 1-bit greyscale PNG; white is lesion."""
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def decode_mask_png(data: bytes) -> NDArray[np.bool_]:
    """Decode the mask of `encode_mask_png`, or an 8-bit PNG in black and white, as bool [H,W].

    Raises:
        ValueError: the bytes are not such a PNG.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode not in ("1", "L"):
                raise ValueError(f"a mask is a PNG in black and white, this one is {image.mode}")
            mask = np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("these bytes are no PNG of a mask; send a 1-bit PNG") from error
    # Pillow's bool array of a 1-bit image has the bytes 0 and 255. NumPy's has 0 and 1, which a
    # view as uint8 relies on.
    decided = mask.view(np.uint8) != 0 if mask.dtype == np.bool_ else mask >= 128
    return cast(NDArray[np.bool_], decided)


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """The pixels of `encode_png`: uint8 [H,W] or [H,W,3] RGB.

    For frames that Sonoloop stored itself; uploads go through `worker.ingest.decode`.

    Raises:
        ValueError: the bytes are not a PNG.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint8:
        raise ValueError("these bytes are no 8-bit PNG of a frame")
    if image.ndim == 2:
        return cast(NDArray[np.uint8], image)
    return cast(NDArray[np.uint8], cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
