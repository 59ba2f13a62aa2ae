"""Layouts that de-identification is measured on but was not developed for.

Their fonts, words and arrangement are in no other layout. None of their pictures may be looked at
while de-identification is changed; a layout that is looked at must move to :mod:`more_screens`.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Canvas, Colour, Screen, other_typefaces
from models.synthetic.more_screens import MORE
from models.synthetic.screens import DEVELOPMENT, Hand, calipers, column
from worker.pipeline import Region

_WHITE: Colour = (228, 228, 228)
_INKS: tuple[Colour, ...] = (
    (255, 255, 255), (228, 228, 228), (175, 175, 175), (255, 235, 90), (110, 225, 235),
    (255, 170, 60),
)  # fmt: skip
_WORDS = (
    "THYROID LT", "Kidney R", "AO", "Bladder vol", "BPD 48.2mm", "Long", "Gallbladder", "9 o'clock",
    "FH 132", "NAME WITHHELD", "NOEMI S.", "Dr. Nobody", "04-MAR-1951", "GA 21w4d", "node?",
)  # fmt: skip
_STATE = (
    "L12-3", "Thyr Gen", "29 fps", "THI", "Dyn R 65", "Z 1.2", "AP 97%", "MI 0.9", "TIb 0.1",
    "B 52/4/3", "D 6.0 cm", "XRES 2", "ZOOM", "PRF 1.0",
)  # fmt: skip


class _OtherHand(Hand):
    """Choices with fonts that no other layout has."""

    def __init__(self, seed: int, layout: str) -> None:
        super().__init__(seed, layout)
        faces = other_typefaces()
        self.face = faces[int(self.rng.integers(len(faces)))]
        self.other = faces[int(self.rng.integers(len(faces)))]


def _words(canvas: Canvas, hand: Hand, view: Region, least: int = 0, most: int = 3) -> None:
    """Draw words anywhere over the middle of a view, and crosses in half of the screens."""
    inner = Region(
        view.top + view.height // 5, view.left + view.width // 4,
        view.height * 3 // 5, view.width // 2,
    )  # fmt: skip
    for text in hand.some(_WORDS, hand.between(least, most)):
        at = (
            inner.top + hand.between(0, inner.height),
            inner.left + hand.between(0, max(0, inner.width - 80)),
        )
        canvas.write(
            text, at, hand.face, hand.between(13, 24), hand.one_of(_INKS),
            outlined=hand.chance(0.3),
        )  # fmt: skip
    if hand.chance(0.5):
        calipers(canvas, hand, inner)


def _cardiac_fan(hand: Hand) -> Screen:
    height, width = 768, 1016
    canvas = Canvas.of(height, width)
    view = hand.view(660, 760, "phased")
    canvas.echoes(view, (40, 128))
    canvas.write(f"{hand.identity[0]}   {hand.identity[1]}", (8, 10), hand.face, 20, _WHITE)
    canvas.write(hand.identity[4], (8, width - 250), hand.face, 18, _WHITE)
    canvas.write(hand.identity[3], (34, 10), hand.face, 18, _WHITE)
    column(canvas, hand, hand.some(_STATE, 8), (120, 10), 15, (150, 160, 175))
    trace = 690 + np.rint(14 * np.sin(np.arange(width) / 9) * (np.arange(width) % 160 < 24))

    def paint(alpha: NDArray[np.uint8]) -> None:
        points = np.stack([np.arange(width), trace], axis=1).astype(np.int32)
        cv2.polylines(alpha, [points], False, 255, 1)

    canvas.draw(paint, (90, 240, 120))
    canvas.write("71 bpm", (724, 900), hand.face, 18, (90, 240, 120))
    for number in range(1, 13):  # depth in cm along the fan's side
        row = 40 + number * 50
        canvas.fill(Region(row, 880, 1, 8), _WHITE)
        if number % 5 == 0:
            canvas.write(str(number), (row - 8, 892), hand.face, 15, _WHITE)
    canvas.write(hand.identity[3], (200, 984), hand.other, 18, (150, 150, 150), turned=90)
    _words(canvas, hand, Region(200, 250, 420, 500))
    return canvas.screen()


def _inner_rulers(hand: Hand) -> Screen:
    height, width = 660, 720
    canvas = Canvas.of(height, width)
    top = hand.between(28, 44)
    view = hand.view(height - top - 30, width - 60, "linear")
    canvas.echoes(view, (top, 30))
    grey: Colour = (185, 185, 185)
    for number in range(1, 11):
        row, across = top + number * 54, 30 + number * 60
        canvas.draw(lambda a, row=row: cv2.line(a, (30, row), (40, row), 255, 1), grey, True)  # type: ignore[misc]
        canvas.draw(lambda a, c=across, t=top: cv2.line(a, (c, t), (c, t + 9), 255, 1), grey, True)  # type: ignore[misc]
        if number % 2 == 0:
            canvas.write(str(number * 5), (row - 7, 43), hand.face, 13, grey)
            canvas.write(str(number * 5), (top + 11, across - 7), hand.face, 13, grey)
    canvas.write("  ".join(hand.identity[:3]), (4, 34), hand.face, 18, _WHITE)
    canvas.write(hand.identity[3], (height - 56, 60), hand.face, 17, _WHITE)
    canvas.write(hand.identity[4], (height - 24, 60), hand.face, 16, (150, 150, 150))
    _words(canvas, hand, Region(top, 30, height - top - 30, width - 60))
    return canvas.screen()


def _corner_lines(hand: Hand) -> Screen:
    height, width = 600, 800
    canvas = Canvas.of(height, width)
    canvas.echoes(hand.view(height, width, "linear"), (0, 0))
    size = hand.between(14, 19)
    ink = hand.one_of(_INKS)
    rim = hand.chance(0.5)
    right = width - 190
    corners = (
        (8, 8, [hand.identity[0], hand.identity[1], hand.identity[2]]),
        (8, right, [hand.identity[3][:14], hand.identity[4][:10]]),
        (height - 3 * size - 10, 8, hand.some(_STATE, 2)),
        (height - 3 * size - 10, right, ["Se: 3 Im: 12", "W 255 L 127"]),
    )
    for row, left, lines in corners:
        for number, text in enumerate(lines):
            at = (row + round(1.35 * size * number), left)
            canvas.write(text, at, hand.face, size, ink, outlined=rim)
    return canvas.screen()


def _body_marks(hand: Hand) -> Screen:
    height, width = 720, 960
    canvas = Canvas.of(height, width)
    view = hand.view(640, 780, "curved" if hand.chance(0.6) else "linear")
    canvas.echoes(view, (48, 90))
    canvas.fill(Region(0, 0, 40, width), (48, 56, 66))
    canvas.write(" | ".join(hand.identity[:3]), (8, 60), hand.face, 19, _WHITE)
    centre = (hand.between(280, 380), hand.between(570, 610))

    def body(alpha: NDArray[np.uint8]) -> None:
        cv2.ellipse(alpha, centre, (34, 46), 0, 0, 360, 255, 2)
        cv2.circle(alpha, (centre[0] - 12, centre[1] - 8), 9, 255, 1)
        cv2.circle(alpha, (centre[0] + 12, centre[1] - 8), 9, 255, 1)
        cv2.line(alpha, (centre[0] + 4, centre[1] + 4), (centre[0] + 22, centre[1] - 14), 255, 3)

    canvas.draw(body, hand.one_of([_WHITE, (255, 235, 90)]))
    side = hand.between(20, 30)
    canvas.draw(lambda a: cv2.circle(a, (120, 80), side, 255, -1), (70, 160, 240))
    canvas.write("V", (70, 112), hand.other, 22, (255, 255, 255))
    canvas.write(hand.identity[3], (650, 420), hand.face, 15, (165, 165, 165))
    canvas.write(hand.identity[4], (668, 420), hand.face, 15, (165, 165, 165))
    column(canvas, hand, hand.some(_STATE, 9), (90, 872), 15, (255, 200, 120))
    _words(canvas, hand, Region(120, 200, 420, 560))
    return canvas.screen()


def _stacked_views(hand: Hand) -> Screen:
    height, width = 960, 640
    canvas = Canvas.of(height, width)
    for number, top in enumerate((60, 500)):
        canvas.echoes(hand.view(410, 540, "linear"), (top, 50))
        canvas.write("AB"[number], (top + 6, 56), hand.face, 20, (255, 235, 90))
        name = hand.identity[0 if number else 3]
        canvas.write(name, (top + 60, 18), hand.other, 18, _WHITE, turned=90)
        _words(canvas, hand, Region(top, 50, 410, 540), most=2)
    canvas.write("  ".join(hand.identity[:3]), (16, 16), hand.face, 19, _WHITE)
    canvas.write(hand.identity[4], (930, 16), hand.face, 17, _WHITE)
    column(canvas, hand, hand.some(_STATE, 5), (70, 596), 12, (160, 160, 160))
    return canvas.screen()


def _report_page(hand: Hand) -> Screen:
    height, width = 1130, 800
    canvas = Canvas.of(height, width, hand.one_of([(255, 255, 255), (246, 244, 238)]))
    ink: Colour = (25, 25, 30)
    canvas.draw(lambda a: cv2.rectangle(a, (40, 36), (110, 96), 255, -1), (20, 110, 90))
    canvas.write("NC", (52, 54), hand.other, 28, (255, 255, 255))
    canvas.write(hand.identity[3], (48, 130), hand.other, 26, ink)
    column(canvas, hand, [*hand.identity[:3], hand.identity[4]], (120, 40), 18, ink)
    box = Region(240, 40, 560, 720)
    canvas.fill(box, (0, 0, 0))
    canvas.echoes(hand.view(500, 600, "curved" if hand.chance(0.5) else "linear"), (280, 100))
    canvas.write(f"{hand.identity[0]}  {hand.identity[2]}", (246, 50), hand.face, 18, _WHITE)
    for row, text in enumerate(("Liver  normal", "Kidney  98 mm", "Spleen  10.4 cm", "Signed")):
        canvas.fill(Region(830 + 56 * row, 40, 1, 720), (150, 150, 150))
        canvas.write(text, (842 + 56 * row, 60), hand.face, 20, ink)
    _words(canvas, hand, Region(300, 140, 440, 520))
    return canvas.screen()


UNSEEN: dict[str, Callable[[Hand], Screen]] = {
    "cardiac-fan": _cardiac_fan,
    "inner-rulers": _inner_rulers,
    "corner-lines": _corner_lines,
    "body-marks": _body_marks,
    "stacked-views": _stacked_views,
    "report-page": _report_page,
}


def scanner_screen(layout: str, seed: int) -> Screen:
    """Draw a screen of a layout, a key of `DEVELOPMENT`, `MORE` or `UNSEEN`, from a seed."""
    if layout in UNSEEN:
        return UNSEEN[layout](_OtherHand(seed, layout))
    return (DEVELOPMENT | MORE)[layout](Hand(seed, layout))
