"""Text and marks that a scanner burns in around and over the echoes. Every name is invented."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.lesion import Lesion
from models.synthetic.scan import SyntheticImage

_WHITE, _YELLOW = (230, 230, 230), (255, 255, 0)
_LINE_HEIGHT = 0.045
"""Share of the frame's height."""
_LEAST_SIDE = 96
"""px; letters do not fit on a smaller frame."""
_MM_PER_TICK = 10

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Furniture:
    """The parts to burn in. All but the calipers stay outside the sector.

    Attributes:
        banner: lines of text at the upper left.
        mark: a maker's mark at the upper right.
        scale: a tick for each centimetre of depth, beside the sector.
        bar: the grey levels from black to white.
        calipers: crosses at the ends of each lesion's long diameter, and their distance as text.
        colour: RGB with coloured bar and calipers, instead of grey.
    """

    banner: tuple[str, ...] = ()
    mark: bool = False
    scale: bool = False
    bar: bool = False
    calipers: bool = False
    colour: bool = False


def burn_in(image: SyntheticImage, furniture: Furniture) -> SyntheticImage:
    """Return the image with its furniture; the mask is unchanged."""
    pixels = np.repeat(image.pixels[..., None], 3, axis=2)
    around = np.zeros_like(pixels)
    height, width = around.shape[:2]
    if min(height, width) >= _LEAST_SIDE:
        for number, line in enumerate(furniture.banner):
            _write(around, line, (4, round((number + 1) * _LINE_HEIGHT * height)))
        if furniture.mark:
            _mark(around)
    if furniture.scale:
        _scale(around, image)
    if furniture.bar:
        _bar(around, furniture.colour)
    measured = image.lesions if furniture.calipers else ()
    for number, lesion in enumerate(measured, 1):
        ends = long_diameter(lesion)
        _crosses(pixels, image, ends, _YELLOW if furniture.colour else _WHITE)
        length = float(np.hypot(*(ends[1] - ends[0])))
        above = (len(measured) - number) * _LINE_HEIGHT + 0.02
        _write(around, f"D{number} {length:.1f} mm", (4, height - round(above * height) - 1))
    np.copyto(pixels, around, where=~image.sector[..., None] & (around > 0))
    return replace(image, pixels=pixels if furniture.colour else pixels[..., 0].copy())


def long_diameter(lesion: Lesion) -> NDArray[np.float64]:
    """Return an outline's two points that are farthest apart, float64 [2,2] of (z, x), mm."""
    points = lesion.outline.contour(180)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    return points[[first, second]]


def _write(canvas: _Pixels, text: str, origin: tuple[int, int]) -> None:
    scale = canvas.shape[0] / 1100
    cv2.putText(canvas, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 1)


def _mark(canvas: _Pixels) -> None:
    """Draw a ring with a fan in it."""
    height, width = canvas.shape[:2]
    radius = max(5, round(0.022 * height))
    centre = (width - radius - 6, radius + 4)
    cv2.circle(canvas, centre, radius, _WHITE, 1, cv2.LINE_AA)
    tip = (centre[0], centre[1] - radius // 2)
    cv2.ellipse(canvas, tip, (radius, radius), 90, -35, 35, _WHITE, -1, cv2.LINE_AA)


def _scale(canvas: _Pixels, image: SyntheticImage) -> None:
    top, left, height, width = image.sector_box
    column = min(left + width + 6, canvas.shape[1] - 4)
    tick = 0
    while (row := round(image.placement.to_frame(tick * _MM_PER_TICK, 0.0)[0])) < top + height:
        length = 5 if tick % 5 == 0 else 2
        if row >= 0:
            cv2.line(canvas, (column, row), (column + length, row), _WHITE, 1)
        tick += 1


def _bar(canvas: _Pixels, colour: bool) -> None:
    height = canvas.shape[0]
    rows = slice(height // 4, height // 2)
    levels = np.linspace(255, 0, rows.stop - rows.start).astype(np.uint8)[:, None, None]
    canvas[rows, 2:6] = (250, 120, 20) if colour else levels


def _crosses(
    pixels: _Pixels,
    image: SyntheticImage,
    ends: NDArray[np.float64],
    ink: tuple[int, int, int],
) -> None:
    for z, x in ends:
        row, column = (round(value) for value in image.placement.to_frame(float(z), float(x)))
        cv2.drawMarker(pixels, (column, row), ink, cv2.MARKER_CROSS, 9, 1)
