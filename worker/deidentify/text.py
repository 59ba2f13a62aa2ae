"""Writing over echoes: where it is, with which confidence, and what to blank.

First a small network finds possible text in a few milliseconds (:mod:`first_look`). A large one
runs only there (:mod:`reader`); a line must also have thin upright strokes with sharp sides, which
echoes lack because they are smeared across the beams. Measurements are kept: crosses, ticks, dotted
lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.deidentify.boxes import TextBox, at_most
from worker.deidentify.edges import SINGLE, Strip, strips
from worker.deidentify.faint import INSIDE, SURELY, lengthened, unread
from worker.deidentify.first_look import NETWORK_SIDE, Look, may_be_text
from worker.deidentify.lines import cut_out, is_dotted, is_level, tightened, unclipped
from worker.deidentify.reader import characters, text_map
from worker.deidentify.two_threads import on_two_threads
from worker.deidentify.windows import ENLARGED, SMALL, tiles, unanswered
from worker.pipeline.frame import Region

STROKE = 9
"""px; a stroke is thinner than this."""
CONTRAST = 25
"""Levels by which a stroke is brighter than both its sides."""
SPECKLE, OVER_SPECKLE = (65, 65), 4.5
"""px around a stroke, and how many times brighter than the average there it has to be."""
REACH = (1, 129)
"""px (height, width) around the kept area in which the rest of a line is searched for."""
SURE = 0.6
"""A line of several letters is text if its mean of `text_map` is at least this."""
CERTAIN, WIDE = 0.85, 1.5
"""A line of which one letter was read is text with at least this mean, as for `SURE`, and this
width over height.
"""
READ, READ_TURNED, READ_UPRIGHT = 0.5, 0.6, 0.9
"""Least confidence of the recogniser in several letters, in those of a turned line, and in those of
a short upright one, which may be crosses above each other.
"""
LETTERS = 3
"""Least number of letters and figures in a turned line."""
SHORT, QUITE_SHORT = 2.2, 2.6
"""A line up to this width over height may be two crosses; the second limit is for doubtful ones."""
READ_SHORT = 0.2
"""Least confidence of the recogniser in the letters of a short line."""
TALLEST = 0.15
"""Share of the frame's shorter side; no line of text is higher."""
BESIDE = 0.5
"""A line with less than this share over echoes need not be read: it is not a measurement."""
EVEN = 8
"""A place shows no echoes if its median is at most this many levels above its darkest tenth."""
AROUND, STEEPER = (41, 41), 2.0
"""For a second search: px of the average that is subtracted, and the factor for the contrast."""
MOST_READ = 40
"""Most lines of a picture that are read, 10 to 30 ms each; further doubtful ones are suspected."""
MOST_LISTED = 200
"""Most places of a picture that are listed as suspected; the last one holds all further lines."""
_Pixels = NDArray[np.uint8]
_Found = tuple[NDArray[np.float32], bool, float]
"""Corners of a line, whether it is text, and with which confidence."""


@dataclass(frozen=True)
class Writing:
    """The text found in a frame.

    Attributes:
        mask: uint8 0/1 [H,W], the pixels to blank; None if there are none.
        blanked, suspected: the lines, in px of the frame.
        heat: uint8 [h,w], `text_map` times 255 of the frame, no larger than `NETWORK_SIDE`; None if
            nothing was searched.
    """

    mask: _Pixels | None = None
    blanked: tuple[TextBox, ...] = ()
    suspected: tuple[TextBox, ...] = ()
    heat: _Pixels | None = None


def everywhere(pixels: _Pixels) -> Look:
    """Every place may contain text, and none certainly does."""
    shape = pixels.shape[:2]
    return Look(np.ones(shape, np.uint8), np.zeros(shape, np.uint8))


def fitted(pixels: _Pixels) -> _Pixels:
    """Resize a frame for the search: uint8 [h,w] or [h,w,3], no side above `NETWORK_SIDE`."""
    height, width = pixels.shape[:2]
    scale = min(1.0, NETWORK_SIDE / max(height, width))
    if scale == 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cast(_Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def find_writing(
    pixels: _Pixels,
    kept: _Pixels,
    candidates: Callable[[_Pixels], Look] = may_be_text,
) -> Writing:
    """Find the lines of text that begin, end or lie where pixels are kept.

    Args:
        pixels: uint8 [H,W] or [H,W,3], as uploaded: a line that was cut in two is hard to find.
        kept: uint8 [H,W], 0 where pixels will be blanked anyway.
        candidates: where to search for text, in pixels after `fitted`.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, NETWORK_SIDE / max(height, width))
    pixels = fitted(pixels)
    if scale < 1:
        size = pixels.shape[1::-1]
        kept = cast(_Pixels, cv2.resize(kept, size, interpolation=cv2.INTER_NEAREST))
    look = candidates(pixels)
    candidate = look.places
    # A line that extends beyond the kept area is searched as a whole: half of it looks less like
    # text.
    candidate[cv2.dilate(kept, np.ones(REACH, np.uint8)) == 0] = 0
    if not candidate.any():
        return Writing()
    tallest = TALLEST * min(pixels.shape[:2])
    strokes = thin_strokes(pixels)
    lines, heat = _found(pixels, kept, strokes, look, tallest)
    for strip in strips(look.said):
        lines += _cut_lines(pixels, kept, strokes, look, lines, strip, tallest)
    mask = np.zeros((height, width), np.uint8)
    blanked, suspected = [], []
    for corners, certain, score in lines:
        polygon = np.rint((corners + 0.5) / scale - 0.5).astype(np.int32)
        left, top, box_width, box_height = cv2.boundingRect(polygon)
        region = Region(top, left, box_height, box_width).clipped(height, width)
        if region is None:
            continue
        if certain:
            cv2.fillConvexPoly(mask, polygon, 1)
            blanked.append(TextBox(region, "text", score))
        else:
            suspected.append(TextBox(region, "text", score))
    return Writing(
        mask if blanked else None,
        tuple(blanked),
        at_most(suspected, MOST_LISTED),
        np.rint(heat * 255).astype(np.uint8),
    )


def _cut_lines(
    pixels: _Pixels,
    kept: _Pixels,
    strokes: _Pixels,
    look: Look,
    lines: Sequence[_Found],
    strip: Strip,
    tallest: float,
) -> list[_Found]:
    """The lines cut by an edge whose strokes are not all in `lines`."""
    rest = strokes.copy()
    for corners, certain, _ in lines:
        if certain:
            cv2.fillConvexPoly(rest, np.rint(corners).astype(np.int32), 0)
    kept_piece = strip.of(kept)
    if not rest[strip.rim.slices].any() or not kept_piece.any():
        return []
    piece = strip.of(pixels)
    seen = Look(strip.of(look.places), strip.of(look.said))
    found, _ = _found(piece, kept_piece, thin_strokes(piece), seen, tallest)
    more: list[_Found] = []
    for corners, certain, score in found:
        placed = strip.back(corners)
        if strip.is_cut(corners) and _strokes_in(rest, placed):
            more.append((placed, certain, score))
    return more


def _strokes_in(strokes: _Pixels, corners: NDArray[np.float32]) -> bool:
    inside = np.zeros_like(strokes)
    cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 1)
    return bool(strokes[inside > 0].any())


def _found(
    pixels: _Pixels, kept: _Pixels, strokes: _Pixels, look: Look, tallest: float
) -> tuple[list[_Found], NDArray[np.float32]]:
    """The lines that are or may be text, and `text_map`, float32 [H,W]."""
    heat = np.zeros(pixels.shape[:2], np.float32)
    _look_at(pixels, tiles(look.places), _heat, heat)
    _look_at(pixels, unanswered(look, heat), _looked_again, heat)
    lines: list[_Found] = []
    judged, were_read = _judged(_lines(pixels, kept, heat, strokes, tallest), look.places)
    for line, certain, score in judged:
        if certain is False and score >= SURE:
            certain = _is_beside(pixels, kept, line.corners) or _both_sure(look.said, line.corners)
        if certain is not None:
            tight = tightened(line.corners, line.outline, strokes)
            if certain:
                tight = lengthened(tight, look.said, strokes)
            lines.append((tight, certain, score))
    may_read = MOST_READ - were_read
    found = unread(_rgb(pixels), look.said, heat, kept, strokes, characters, may_read)
    return [*lines, *((line, True, score) for line, score in found)], heat


def _look_at(
    pixels: _Pixels,
    places: Sequence[Region],
    look: Callable[[_Pixels], NDArray[np.float32]],
    heat: NDArray[np.float32],
) -> None:
    """Raise the heat of these places to the result of running `look` on each."""
    found = on_two_threads(
        lambda place: look(_rgb(pixels[place.slices])),
        places,
        lambda place: place.height * place.width,
    )
    for place, said in zip(places, found, strict=True):
        np.maximum(heat[place.slices], said, out=heat[place.slices])


def _heat(rgb: _Pixels) -> NDArray[np.float32]:
    """`text_map`; small windows are enlarged, so that small letters are found as well."""
    height, width = rgb.shape[:2]
    if height * width > SMALL:
        return text_map(rgb)
    larger = cv2.resize(rgb, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LINEAR)
    found = text_map(cast(_Pixels, larger))
    size = (width, height)
    return cast(NDArray[np.float32], cv2.resize(found, size, interpolation=cv2.INTER_AREA))


def _looked_again(rgb: _Pixels) -> NDArray[np.float32]:
    """`text_map` for faint letters: enlarged twice, without local average, with more contrast."""
    height, width = rgb.shape[:2]
    plain = rgb.astype(np.float32)
    steep = (plain - cv2.blur(plain, AROUND)) * STEEPER + 100
    larger = cv2.resize(steep, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    found = text_map(np.clip(larger, 0, 255).astype(np.uint8))
    return cast(
        NDArray[np.float32], cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA)
    )


def thin_strokes(pixels: _Pixels) -> _Pixels:
    """Thin upright strokes, brighter or more coloured than both their sides: uint8 0/255 [H,W]."""
    line = np.ones((1, STROKE), np.uint8)
    if pixels.ndim == 2:
        ridge = cv2.morphologyEx(pixels, cv2.MORPH_TOPHAT, line)
    else:
        red, green, blue = cv2.split(pixels)
        most = cv2.max(cv2.max(red, green), blue)
        least = cv2.min(cv2.min(red, green), blue)
        # Coloured letters on bright tissue are not brighter than the tissue.
        ridge = cv2.max(
            cv2.morphologyEx(most, cv2.MORPH_TOPHAT, line),
            cv2.morphologyEx(cv2.subtract(most, least), cv2.MORPH_TOPHAT, line),
        )
    # Fine speckle has strokes as well, all of similar brightness.
    around = cv2.blur(ridge, SPECKLE)
    least = np.maximum(around.astype(np.float32) * OVER_SPECKLE, CONTRAST)
    return np.where(ridge > least, np.uint8(255), np.uint8(0))


@dataclass(frozen=True)
class _Line:
    """A line of text from the large network.

    Attributes:
        outline: int32 [n,1,2] (column, row), its middle.
        corners: float32 [4,2] (column, row).
        score: mean of `text_map` over its middle, 0 to 1.
        pixels: uint8 [h,w] or [h,w,3], turned level with its longer side along the rows.
        level, upright: whether it lies along the rows of the picture, or along its columns.
    """

    outline: NDArray[np.int32]
    corners: NDArray[np.float32]
    score: float
    pixels: _Pixels
    level: bool
    upright: bool

    @property
    def aspect(self) -> float:
        """Width over height."""
        height, width = self.pixels.shape[:2]
        return float(width / height)


def _lines(
    pixels: _Pixels, kept: _Pixels, heat: NDArray[np.float32], strokes: _Pixels, tallest: float
) -> Iterator[_Line]:
    """Parts of the picture that have the heat and the strokes of a line."""
    outlines, _ = cv2.findContours(
        (heat > INSIDE).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    for found in outlines:
        outline = cast(NDArray[np.int32], found)
        corners = unclipped(outline)
        if corners is None or not _may_be_a_line(strokes, kept, corners, tallest):
            continue
        if is_dotted(strokes, corners):
            continue
        left, top, width, height = cv2.boundingRect(outline)
        inside = cv2.drawContours(
            np.zeros((height, width), np.uint8), [outline], -1, 1, cv2.FILLED, offset=(-left, -top)
        )
        score = float(cv2.mean(heat[top : top + height, left : left + width], inside)[0])
        along = is_level(corners)
        yield _Line(
            outline,
            corners,
            score,
            cut_out(pixels, corners),
            level=along and width >= height,
            upright=along and height > width,
        )


def _judged(
    lines: Iterator[_Line], candidate: _Pixels
) -> tuple[list[tuple[_Line, bool | None, float]], int]:
    """Judge whether each line is text, by its shape or, for the first `MOST_READ`, by reading it.

    Returns:
        Each line with True for text, False for possible text or None for neither, and the
        confidence, 0 to 1; and the number of lines read.
    """
    seen = [(line, _by_shape(line, candidate)) for line in lines]
    doubtful = [number for number, (_, shape) in enumerate(seen) if shape == "read it"]
    read = doubtful[:MOST_READ]
    said = on_two_threads(
        lambda number: _by_reading(seen[number][0]), read, lambda number: seen[number][0].aspect
    )
    answers = dict(zip(read, said, strict=True))
    judged: list[tuple[_Line, bool | None, float]] = []
    for number, (line, shape) in enumerate(seen):
        unread = False if shape == "read it" else shape
        judged.append((line, *answers.get(number, (unread, line.score))))
    return judged, len(read)


def _by_shape(line: _Line, candidate: _Pixels) -> bool | Literal["read it"] | None:
    """Whether a line is text according to its shape, as in `_judged`."""
    sure_of = SURE if line.aspect > QUITE_SHORT else CERTAIN
    if line.aspect > SHORT and line.score >= sure_of and line.level:
        left, top, width, height = cv2.boundingRect(line.outline)
        if candidate[top : top + height, left : left + width].any():
            return True
    if line.aspect <= SHORT and not line.level and not line.upright:
        return None  # crosses lie in the direction of the lesion
    return "read it"


def _by_reading(line: _Line) -> tuple[bool | None, float]:
    """Whether a line is text according to what was read, and the confidence, as in `_judged`."""
    aspect, score = line.aspect, line.score
    count, sure, marks = characters(_rgb(line.pixels))
    if not line.level:  # or a dotted line from cross to cross
        wanted = READ_UPRIGHT if aspect <= SHORT else READ_TURNED
        if line.upright and (count < LETTERS or sure < wanted):  # it may run from top to bottom
            turned = cast(_Pixels, cv2.rotate(line.pixels, cv2.ROTATE_180))
            count, sure, marks = characters(_rgb(turned))
        return (True if count >= LETTERS and sure >= wanted else None), score
    if aspect <= SINGLE and (marks or count <= 1):
        return None, score
    if count == 0:  # a person has to judge what looks like text and cannot be read
        doubtful = score >= CERTAIN and WIDE < aspect <= SHORT
        return (False if doubtful else None), score
    if score >= CERTAIN and aspect > WIDE and (not marks or count >= LETTERS):
        return True, score  # small letters are easier to detect than to read
    wanted = READ_SHORT if score >= SURE and aspect > SINGLE else READ
    return (count > 1 and sure >= wanted), max(score, sure)


def _is_beside(pixels: _Pixels, kept: _Pixels, corners: NDArray[np.float32]) -> bool:
    """Whether a line lies beside the echoes, or where there are no echoes."""
    left, top, width, height = cv2.boundingRect(corners)
    window = Region(top, left, height, width).clipped(*kept.shape)
    if window is None:
        return False
    if float((kept[window.slices] > 0).mean()) < BESIDE:
        return True
    darkest, middle = np.percentile(_rgb(pixels[window.slices]).max(axis=2), (10, 50))
    return float(middle - darkest) <= EVEN


def _both_sure(said: _Pixels, corners: NDArray[np.float32]) -> bool:
    """Whether the small network is also sure of a line, and it is not a cross with its number."""
    left, top, width, height = cv2.boundingRect(corners)
    window = Region(top, left, height, width).clipped(*said.shape)
    if window is None or width <= SINGLE * height:
        return False
    middle = said[window.slices][window.height // 4 : -(window.height // 4) or None]
    return float(middle.mean()) >= SURELY * 255


def _may_be_a_line(
    strokes: _Pixels, kept: _Pixels, corners: NDArray[np.float32], tallest: float
) -> bool:
    """Whether it has strokes, is partly kept, and is no higher than text."""
    _, size, _ = cv2.minAreaRect(corners)
    if min(size) > tallest:
        return False
    left, top, width, height = cv2.boundingRect(corners)
    window = Region(top, left, height, width).clipped(*strokes.shape)
    if window is None:
        return False
    return bool(strokes[window.slices].any() and kept[window.slices].any())


def _rgb(pixels: _Pixels) -> _Pixels:
    if pixels.ndim == 3:
        return pixels
    return cast(_Pixels, cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
