"""A network's input for a box, a click or a scribble: the neighbourhood and four planes.

Training (`models/prompts`) and the workers draw the planes with the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Region

SIDE = 192
"""px of the longer side of the neighbourhood in the network's input."""
MULTIPLE = 32
"""The input's height and width are multiples of this; black fills the rest."""
PLANES = ("box", "lesion", "not_lesion", "mask")
"""The planes: the box, the lesion and the not-lesion strokes, and the current mask."""
PEN = 5
"""Minimum thickness of a stroke, in px of the network's input."""

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


class View(NamedTuple):
    """The network's input for a neighbourhood.

    Attributes:
        image: uint8 [H,W,3].
        planes: float32 [4,H,W], 0 to 1, in the order of `PLANES`.
        height: height of the neighbourhood inside the view, px.
        width: its width, px.
    """

    image: NDArray[np.uint8]
    planes: Plane
    height: int
    width: int


@dataclass(frozen=True)
class Prompt:
    """A person's prompt: a box, scribbles, and the mask that they correct.

    Attributes:
        box: in px of the frame; None if none was drawn.
        scribbles: int8 [H,W], 1 lesion, -1 not lesion, 0 neither; None if there are none.
        mask: bool [H,W], the current lesion; None if there is none.
    """

    box: Region | None = None
    scribbles: NDArray[np.int8] | None = None
    mask: Mask | None = None


def view(pixels: NDArray[np.uint8], prompt: Prompt, window: Region) -> View:
    """Make the network's input for a window of a frame.

    Args:
        pixels: uint8 [H,W] or [H,W,3], the frame.
        window: inside the frame.
    """
    scale = SIDE / max(window.height, window.width)
    height, width = (max(1, round(scale * side)) for side in (window.height, window.width))
    inside = pixels[window.slices]
    if inside.ndim == 2:
        inside = cast(NDArray[np.uint8], cv2.cvtColor(inside, cv2.COLOR_GRAY2RGB))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(inside, (width, height), interpolation=how)
    planes = np.zeros((len(PLANES), height, width), np.float32)
    if prompt.box is not None:
        planes[0] = box_plane(prompt.box, window, scale, (height, width))
    if prompt.scribbles is not None:
        said = prompt.scribbles[window.slices]
        planes[1] = stroke_plane(_resized(said > 0, height, width) > 0)
        planes[2] = stroke_plane(_resized(said < 0, height, width) > 0)
    if prompt.mask is not None:
        planes[3] = _resized(prompt.mask[window.slices], height, width)
    more = ((0, -height % MULTIPLE), (0, -width % MULTIPLE))
    return View(
        np.pad(cast(NDArray[np.uint8], image), (*more, (0, 0))),
        np.pad(planes, ((0, 0), *more)),
        height,
        width,
    )


def neighbourhood(box: Region, share: float, shape: tuple[int, ...]) -> Region:
    """Enlarge a box by its surroundings, within the frame.

    Args:
        box: inside the frame.
        share: share of the box's longer side to add on each side.
        shape: shape of the frame, height and width first.
    """
    pad = round(share * max(box.height, box.width))
    grown = Region(box.top - pad, box.left - pad, box.height + 2 * pad, box.width + 2 * pad)
    return grown.clipped(shape[0], shape[1]) or box


def bounds(mask: Mask) -> Region:
    """The smallest box around a mask; height and width are 0 if the mask is empty."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return Region(top, left, height, width)


def box_plane(box: Region, window: Region, scale: float, shape: tuple[int, int]) -> Plane:
    """1 inside a box, 0 elsewhere: float32 of `shape`."""
    plane = np.zeros(shape, np.float32)
    top, left = scale * (box.top - window.top), scale * (box.left - window.left)
    bottom, right = top + scale * box.height, left + scale * box.width
    rows = slice(max(0, round(top)), max(1, round(bottom)))
    columns = slice(max(0, round(left)), max(1, round(right)))
    plane[rows, columns] = 1
    return plane


def stroke_plane(strokes: Mask) -> Plane:
    """1 on and around strokes, so that thin ones stay visible: float32 [h,w]."""
    if not strokes.any():
        return np.zeros(strokes.shape, np.float32)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (PEN, PEN))
    return cast(Plane, cv2.dilate(strokes.astype(np.uint8), pen).astype(np.float32))


def _resized(mask: Mask, height: int, width: int) -> Plane:
    """Resize a mask; partly covered px are between 0 and 1."""
    how = cv2.INTER_AREA if mask.shape[0] > height else cv2.INTER_LINEAR
    values = mask.astype(np.float32)
    return cast(Plane, cv2.resize(values, (width, height), interpolation=how))
