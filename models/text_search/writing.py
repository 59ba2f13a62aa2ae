"""Lines of text and other marks, written on pieces of pictures during training.

Text is horizontal, upright or slightly rotated, often small, often hardly brighter than the echoes
under it. Crosses, dotted lines, ticks and body marks are drawn as well, and are not text.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.synthetic.canvas import typefaces
from models.text_search.examples import IGNORED
from worker.deidentify.first_look import CELL

WRITTEN, LINES = 0.7, 3
"""Share of pieces that are written on, and the maximum number of lines."""
DRAWN = 0.3
"""Share of pieces with marks that are not text."""
UPRIGHT, TURNED = 0.2, 0.06
"""Share of upright lines, and of lines rotated by up to 20 degrees."""
FAINT, CONTRASTS = 0.5, (20, 90)
"""Share of lines that are only this much brighter than what is under them, in levels."""
SMALL, SMALL_SIZES, SIZES = 0.5, (10, 17), (8, 30)
"""Share of lines of small letters; heights of lines, px."""
OUTLINED, TRANSPARENT, COLOURED = 0.3, 0.3, 0.3
JPEG_SHARE, JPEG_QUALITIES = 0.4, (70, 95)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.:/,*"
COVERED = 0.2
"""Minimum share of a square that letters must cover for it to be text."""

_Planes = NDArray[np.uint8]
_Mask = NDArray[np.uint8]


def written(
    planes: _Planes, target: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[_Planes, NDArray[np.uint8]]:
    """Return the piece with marks and lines of text on it, perhaps after JPEG compression.

    Args:
        planes: uint8 [2,H,W], as the network gets them.
        target: uint8 [H/CELL,W/CELL], see `examples.Example`.
    """
    planes, target = planes.copy(), target.copy()
    if rng.random() < DRAWN:
        _draw(planes, rng)
    if rng.random() < WRITTEN:
        text = np.zeros(planes.shape[1:], np.uint8)
        for _ in range(int(rng.integers(1, LINES + 1))):
            _write(planes, text, rng)
        rows, columns = target.shape
        share = text.reshape(rows, CELL, columns, CELL).mean(axis=(1, 3))
        target[(share > 0) & (target == 0)] = IGNORED
        target[share > COVERED] = 1
    if rng.random() < JPEG_SHARE:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*JPEG_QUALITIES))]
        for plane in planes:
            _, data = cv2.imencode(".jpg", plane, quality)
            plane[:] = cast(_Mask, cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    return planes, target


def _write(planes: _Planes, text: _Mask, rng: np.random.Generator) -> None:
    """Write one line anywhere; set `text` to 1 where its letters are."""
    faces = typefaces()
    face = faces[int(rng.integers(len(faces)))]
    size = int(rng.integers(*(SMALL_SIZES if rng.random() < SMALL else SIZES)))
    line = "".join(rng.choice(list(LETTERS), int(rng.integers(2, 15))))
    if rng.random() < 0.3:
        line = line[: len(line) // 2] + " " + line[len(line) // 2 :]
    alpha, _ = face.render(line, size)
    turn = rng.random()
    if turn < UPRIGHT:
        alpha = np.ascontiguousarray(np.rot90(alpha, 1 if rng.random() < 0.5 else 3))
    elif turn < UPRIGHT + TURNED:
        angle = float(rng.uniform(-20, 20))
        alpha = np.asarray(Image.fromarray(alpha).rotate(angle, Image.Resampling.BILINEAR, True))
    height, width = planes.shape[1:]
    top = int(rng.integers(-alpha.shape[0] // 2, height - alpha.shape[0] // 2))
    left = int(rng.integers(-alpha.shape[1] // 2, width - alpha.shape[1] // 2))
    alpha = alpha[max(0, -top) : height - top, max(0, -left) : width - left]
    if not alpha.size or alpha.max() < 96:
        return
    window = np.s_[max(0, top) :, max(0, left) :]
    under = planes[0][window][: alpha.shape[0], : alpha.shape[1]]
    if rng.random() < FAINT:
        level = min(255.0, float(under.mean()) + float(rng.uniform(*CONTRASTS)))
    else:
        level = float(rng.uniform(110, 256))
    colour = float(rng.uniform(30, level)) if rng.random() < COLOURED and level > 60 else 0.0
    opacity = float(rng.uniform(0.5, 1)) if rng.random() < TRANSPARENT else 1.0
    if rng.random() < OUTLINED:
        rim = cast(_Mask, cv2.dilate(alpha, np.ones((3, 3), np.uint8)))
        _blend(planes, window, rim, (0, 0), 0.8)
    _blend(planes, window, alpha, (level, colour), opacity)
    inked = cv2.boundingRect((alpha >= 96).astype(np.uint8))
    column, row, wide, high = inked
    text[window][row : row + high, column : column + wide] = 1


def _draw(planes: _Planes, rng: np.random.Generator) -> None:
    """Draw crosses with a dotted line, ticks of a ruler, or a body mark."""
    height, width = planes.shape[1:]
    alpha = np.zeros((height, width), np.uint8)
    ends = [(int(rng.integers(width)), int(rng.integers(height))) for _ in range(2)]
    kind = rng.random()
    if kind < 0.5:
        marker = cv2.MARKER_CROSS if rng.random() < 0.5 else cv2.MARKER_TILTED_CROSS
        for end in ends:
            cv2.drawMarker(alpha, end, 255, marker, int(rng.integers(7, 15)), 1)
        if rng.random() < 0.5:
            for share in np.linspace(0, 1, int(rng.integers(12, 40))):
                point = np.rint(np.array(ends[0]) * (1 - share) + np.array(ends[1]) * share)
                cv2.circle(alpha, tuple(point.astype(int).tolist()), 1, 255, -1)
    elif kind < 0.75:
        step, long = int(rng.integers(10, 60)), int(rng.integers(4, 12))
        for row in range(int(rng.integers(step)), height, step):
            cv2.line(alpha, (ends[0][0], row), (ends[0][0] + long, row), 255, 1)
    else:
        axes = (int(rng.integers(12, 45)), int(rng.integers(12, 55)))
        cv2.ellipse(alpha, ends[0], axes, float(rng.uniform(0, 180)), 0, 360, 255, 2)
        for _ in range(int(rng.integers(0, 4))):
            at = (ends[0][0] + int(rng.integers(-15, 16)), ends[0][1] + int(rng.integers(-15, 16)))
            if rng.random() < 0.5:
                cv2.circle(alpha, at, int(rng.integers(3, 12)), 255, int(rng.integers(1, 3)))
            else:
                to = (at[0] + int(rng.integers(-20, 21)), at[1] + int(rng.integers(-20, 21)))
                cv2.line(alpha, at, to, 255, int(rng.integers(1, 4)))
    level = float(rng.uniform(120, 256))
    colour = float(rng.uniform(30, level)) if rng.random() < COLOURED else 0.0
    _blend(planes, np.s_[:, :], alpha, (level, colour), 1.0)


def _blend(
    planes: _Planes,
    window: tuple[slice, slice],
    alpha: _Mask,
    levels: tuple[float, float],
    opacity: float,
) -> None:
    share = alpha.astype(np.float32) * (opacity / 255)
    for plane, level in zip(planes, levels, strict=True):
        under = plane[window][: alpha.shape[0], : alpha.shape[1]]
        under[:] = np.rint(under * (1 - share) + level * share)
