"""Six more layouts: at first only measured, later inspected and developed on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Canvas, Colour, Screen
from models.synthetic.screens import (
    Hand,
    annotate,
    bar,
    column,
    depth_scale,
    mark,
)
from worker.pipeline import Region

_WHITE: Colour = (230, 230, 230)


def _trapezoid_gradient(hand: Hand) -> Screen:
    height, width = 700, 933
    canvas = Canvas.of(height, width)
    view = hand.view(560, 640, "trapezoid")
    canvas.echoes(view, (74, 150))
    canvas.fill(Region(0, 0, 74, width), (20, 20, 30), (120, 130, 150))
    canvas.fill(Region(height - 60, 0, 60, width), (90, 90, 100), (20, 20, 20))
    canvas.write("   ".join(hand.identity[:3]), (10, 90), hand.face, 20, _WHITE)
    canvas.write(hand.identity[3], (42, 90), hand.other, 18, (255, 210, 120))
    canvas.write(hand.identity[4], (height - 44, 600), hand.face, 18, _WHITE)
    mark(canvas, (45, 37), 26, (230, 120, 30))
    depth_scale(canvas, hand, Region(90, 800, 540, 30))
    column(canvas, hand, hand.some(["FR 31", "CHI", "Frq 9.0", "Gn 40", "S/A 2/1", "Map F"], 6),
           (120, 842), 16, (120, 220, 255))  # fmt: skip
    annotate(canvas, hand, Region(120, 200, 460, 540))
    return canvas.screen()


def _portrait(hand: Hand) -> Screen:
    height, width = 1280, 720
    canvas = Canvas.of(height, width, (18, 18, 20))
    top = hand.between(170, 260)
    canvas.fill(Region(top, 0, 800, width), (0, 0, 0))
    shape = "curved" if hand.chance(0.5) else "linear"
    canvas.echoes(hand.view(760, 700, "curved" if shape == "curved" else "linear"), (top, 10))
    canvas.write("9:41", (16, 30), hand.face, 26, _WHITE)
    canvas.write("100%", (16, 620), hand.face, 26, _WHITE)
    canvas.write(hand.identity[0], (70, 30), hand.face, 34, (255, 255, 255))
    canvas.write("  ".join(hand.identity[1:3]), (120, 30), hand.face, 24, (160, 160, 170))
    for number, text in enumerate(("Freeze", "Gain", "Save")):
        centre = (130 + 230 * number, 1180)
        canvas.draw(partial(_disc, centre=centre, radius=62), (60, 90, 200))
        canvas.write(text, (1168, centre[0] - 36), hand.face, 24, (255, 255, 255))
    canvas.write(hand.identity[3], (1050, 30), hand.face, 26, _WHITE)
    annotate(canvas, hand, Region(top + 100, 100, 560, 500))
    return canvas.screen()


def _disc(alpha: NDArray[np.uint8], centre: tuple[int, int], radius: int) -> None:
    cv2.circle(alpha, centre, radius, 255, -1)


def _desktop(hand: Hand) -> Screen:
    height, width = 900, 1440
    canvas = Canvas.of(height, width)
    canvas.fill(Region(0, 0, height, width), (40, 90, 150), (150, 120, 190))
    window = Region(50, 90, 780, 1260)
    canvas.fill(window, (236, 236, 236))
    canvas.fill(Region(window.top, window.left, 34, window.width), (215, 215, 220))
    canvas.write(f"Viewer - [{hand.identity[0]}] {hand.identity[1]}", (56, 110), hand.face, 18,
                 (40, 40, 40))  # fmt: skip
    canvas.fill(Region(84, 90, 746, 280), (252, 252, 252))
    column(canvas, hand, [*hand.identity, "Series 1 - US", "Series 2 - US", "Report.pdf"],
           (110, 110), 18, (20, 20, 20))  # fmt: skip
    canvas.fill(Region(84, 370, 746, 980), (0, 0, 0))
    shape = "curved" if hand.chance(0.6) else "linear"
    canvas.echoes(hand.view(640, 820, "curved" if shape == "curved" else "linear"), (140, 450))
    column(canvas, hand, hand.identity[:2], (90, 380), 18, _WHITE)
    canvas.write(hand.identity[3], (90, 1060), hand.face, 18, _WHITE)
    canvas.write("Im: 4/28   Zoom 113%", (800, 380), hand.face, 16, _WHITE)
    canvas.fill(Region(856, 0, 44, width), (24, 26, 34))
    canvas.write("Start", (866, 20), hand.face, 20, _WHITE)
    canvas.write(hand.identity[4], (866, 1190), hand.face, 18, _WHITE)
    annotate(canvas, hand, Region(220, 560, 480, 600))
    return canvas.screen()


def _thumbnails(hand: Hand) -> Screen:
    height, width = 768, 1100
    canvas = Canvas.of(height, width)
    below = hand.chance(0.5)
    view = hand.view(580, 760, "curved" if hand.chance(0.5) else "linear")
    canvas.echoes(view, (30, 40 if below else 260))
    small = hand.view(180, 240, "curved")
    for number in range(5):
        region = (
            Region(640, 20 + number * 210, 118, 190)
            if below
            else Region(30 + number * 145, 14, 125, 190)
        )
        canvas.picture(region, small.pixels)
        canvas.write(f"{hand.identity[0]} {number + 1}", (region.top + 4, region.left + 4),
                     hand.face, 14, _WHITE)  # fmt: skip
    side = 830 if below else 1024
    column(canvas, hand, [line[:8] for line in hand.identity[:3]], (60, side), 16, _WHITE)
    annotate(canvas, hand, Region(120, 140 if below else 360, 400, 500))
    return canvas.screen()


def _logo_and_bars(hand: Hand) -> Screen:
    height, width = 640, 852
    canvas = Canvas.of(height, width)
    view = hand.view(520, 600, "curved" if hand.chance(0.5) else "linear")
    canvas.echoes(view, (20, 120))
    mark(canvas, (60, 60), 44, (40, 150, 230))
    canvas.fill(Region(110, 10, 34, 100), (230, 60, 40))
    canvas.write("ACME-US", (116, 16), hand.face, 20, (255, 255, 255))
    bar(canvas, Region(40, 100, 300, 20))  # its edge is the sector's
    bar(canvas, Region(60, 720, 260, 22), coloured=True)
    trace = 575 + np.rint(22 * np.exp(-(((np.arange(width) % 140) - 70) ** 2) / 30) * -1).astype(
        int
    )

    def paint(alpha: NDArray[np.uint8]) -> None:
        points = np.stack([np.arange(width), trace], axis=1).astype(np.int32)
        cv2.polylines(alpha, [points], False, 255, 1)

    canvas.draw(paint, (60, 230, 60))
    canvas.write("  ".join(hand.identity[:3]), (604, 20), hand.face, 20, (60, 230, 60))
    column(canvas, hand, [hand.identity[3][:12], *hand.some(["+.20", "-.20", "HR 71", "m/s"], 3)],
           (360, 724), 16, _WHITE)  # fmt: skip
    annotate(canvas, hand, Region(100, 200, 380, 420))
    return canvas.screen()


def _watermark(hand: Hand) -> Screen:
    height, width = 600, 800
    canvas = Canvas.of(height, width)
    view = hand.view(540, 700, "curved" if hand.chance(0.5) else "linear")
    canvas.echoes(view, (30, 50))
    text = f"{hand.identity[0]} {hand.identity[1]}"
    turned = 20.0 if hand.chance(0.3) else 0.0
    for row in (180, 360):
        canvas.write(text, (row, 220), hand.face, hand.between(24, 36), (255, 255, 255),
                     opacity=float(hand.rng.uniform(0.45, 0.8)), turned=turned)  # fmt: skip
    canvas.write(hand.identity[3], (4, 10), hand.face, 18, _WHITE)
    return canvas.screen()


MORE: dict[str, Callable[[Hand], Screen]] = {
    "trapezoid-gradient": _trapezoid_gradient,
    "portrait": _portrait,
    "desktop": _desktop,
    "thumbnails": _thumbnails,
    "logo-and-bars": _logo_and_bars,
    "watermark": _watermark,
}
