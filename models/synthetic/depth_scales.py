"""Depth scales printed beside the echoes of a simulated screen, with known dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Screen
from worker.pipeline import Region

_STYLES = ("dashes", "long dashes", "dots", "arrows")
_GAP = 14
"""px between the echoes and the marks."""
_INKS = ((235, 235, 235), (120, 120, 120), (90, 240, 120), (250, 230, 40))


@dataclass(frozen=True)
class PrintedScale:
    """The printed scale.

    Attributes:
        px, mm: distance from one mark to the next.
        says: whether a number beside the marks, or a depth in words, gives the millimetres.
    """

    px: float
    mm: float
    says: bool


def print_scale(screen: Screen, seed: int) -> tuple[NDArray[np.uint8], PrintedScale] | None:
    """Print a scale with one of four looks; return None if there is no space beside the echoes.

    The picture is assumed to be 4 to 18 cm deep, whatever it shows.
    """
    rng = np.random.default_rng([seed, 48])
    rows, columns = np.nonzero(screen.echo)
    top, bottom = int(rows.min()), int(rows.max()) + 1
    depth_cm = int(rng.choice([4, 5, 6, 8, 10, 14, 16, 18]))
    px_per_cm = (bottom - top) / depth_cm
    halves = px_per_cm > 60
    px, mm = (px_per_cm / 2, 5.0) if halves else (px_per_cm, 10.0)
    for right in rng.permutation([True, False]):
        x = int(columns.max()) + _GAP if right else int(columns.min()) - _GAP
        strip = Region(top - 12, x - 12 if right else x - 36, bottom - top + 24, 48)
        inside = strip.clipped(*screen.echo.shape)
        if inside == strip and not _is_written(screen, strip):
            break
    else:
        return None
    pixels = screen.pixels.copy()
    ink = _INKS[int(rng.integers(len(_INKS)))]
    style = _STYLES[int(rng.integers(len(_STYLES)))]
    numbered = bool(rng.random() < 0.5)
    per_cm = 2 if halves else 1
    for number in range(depth_cm * per_cm + 1):
        y = top + round(number * px)
        centimetres, rest = divmod(number, per_cm)
        _mark(pixels, (x, y), style, ink, long=number % 5 == 0)
        shown = centimetres if depth_cm < 10 else (centimetres if centimetres % 5 == 0 else 0)
        if numbered and not rest and shown:
            at = (x + 14 if right else x - 32, y + 5)
            cv2.putText(pixels, str(shown), at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)
    return pixels, PrintedScale(px, mm, numbered and depth_cm < 14)


def _is_written(screen: Screen, strip: Region) -> bool:
    window = screen.pixels[strip.slices]
    return bool(screen.echo[strip.slices].any() or (window.max(axis=2) > 40).mean() > 0.002)


def _mark(
    pixels: NDArray[np.uint8],
    at: tuple[int, int],
    style: str,
    ink: tuple[int, int, int],
    *,
    long: bool,
) -> None:
    x, y = at
    if style == "dots":
        cv2.circle(pixels, at, 3 if long else 2, ink, -1)
    elif style == "arrows":
        points = np.array([(x, y), (x + 5, y - 3), (x + 5, y + 3)], np.int32)
        cv2.fillConvexPoly(pixels, points, ink)
    else:
        length = (12 if long else 6) if style == "long dashes" else 6
        cv2.line(pixels, (x, y), (x + length, y), ink, 1)
