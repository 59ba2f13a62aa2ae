"""Screens of scanners, as stored and as photographed, with known echoes and letters.

`DEVELOPMENT` layouts were inspected while de-identification was developed, `UNSEEN` ones only
measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Canvas, Colour, Screen, Typeface, identity, typefaces
from models.synthetic.geometry import Curved, Geometry, Linear, Placement
from models.synthetic.lesion import Lesion
from models.synthetic.organs import ORGANS, random_lesion
from models.synthetic.scan import SyntheticImage, scan
from models.synthetic.scene import Scene
from worker.pipeline import Region

Shape = Literal["curved", "linear", "trapezoid", "phased"]
_WHITE: Colour = (235, 235, 235)
_YELLOW: Colour = (250, 230, 40)
_ANNOTATIONS = (
    "RT OVARY", "LEFT", "UTERUS", "Liver", "MAMA ESQ QSE", "Sag L-M", "Cyst 1", "TRV", "66 ANOS",
    "DOE", "DOE JANE", "*01.02.1960",
)  # fmt: skip
_SETTINGS = (
    "C5-2 / Abd", "FR 27Hz", "DR 60", "Gn 48", "MI 1.1", "TIS 0.4", "2D", "P Low", "HRes", "16cm",
    "Map E/0", "Pers Med", "62%", "FF3 / E2", "SRI II 3",
)  # fmt: skip
_BUTTONS = (
    "Patient",
    "Freeze",
    "Depth",
    "Measure",
    "Store",
    "Report",
    "Gain",
    "Review",
    "Worklist",
)


class Hand:
    """The random choices of one screen: fonts, sizes, colours, all from one seed."""

    def __init__(self, seed: int, layout: str) -> None:
        self.rng = np.random.default_rng([seed, *layout.encode()])
        faces = typefaces()
        self.face: Typeface = faces[int(self.rng.integers(len(faces)))]
        self.other: Typeface = faces[int(self.rng.integers(len(faces)))]
        self.identity = identity(self.rng)

    def between(self, low: int, high: int) -> int:
        """Return a random integer, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """Return True in that share of screens."""
        return bool(self.rng.random() < share)

    def one_of(self, choices: Sequence[Colour]) -> Colour:
        """Return one of the colours."""
        return choices[int(self.rng.integers(len(choices)))]

    def some(self, choices: Sequence[str], count: int) -> list[str]:
        """Return a number of the texts."""
        return [str(text) for text in self.rng.choice(np.array(choices), count, replace=False)]

    def view(self, height: int, width: int, shape: Shape) -> SyntheticImage:
        """Return echoes that fill a box of that size, px, as far as their shape allows."""
        organ = ORGANS[str(self.rng.choice(list(ORGANS)))]
        depth = max(40.0, organ.region[1] * 1.4)
        wide = depth * width / height
        geometry: Geometry
        if shape == "curved":
            geometry = Curved.filling(depth, wide)
        elif shape == "phased":
            geometry = Curved(depth, 2.0, 0.7)
        else:
            geometry = Linear(depth, wide)
        lesions: tuple[Lesion, ...] = ()
        if self.chance(0.8):
            lateral = float(self.rng.uniform(-0.15, 0.15)) * wide
            centre = depth * float(self.rng.uniform(0.4, 0.6))
            size = depth * float(self.rng.uniform(0.08, 0.14))
            kind = str(self.rng.choice(organ.kinds))
            lesions = (random_lesion(kind, centre, lateral, size, self.rng),)
        image = scan(
            Scene(organ.layers, lesions),
            organ.transducer,
            geometry,
            Placement.centred(geometry, height, width, (0, 0, height, width)),
            replace(organ.display, white=organ.display.white + float(self.rng.uniform(-4, 3))),
            seed=int(self.rng.integers(2**31)),
        )
        return _trapezoid(image) if shape == "trapezoid" else image


def _trapezoid(image: SyntheticImage) -> SyntheticImage:
    """Cut off the corners beside the face, as steered outer beams do."""
    height, width = image.sector.shape
    rows, columns = np.mgrid[:height, :width]
    inset = width * 0.16 * (1 - rows / height)
    inside = (columns >= inset) & (columns < width - inset) & image.sector
    return replace(
        image,
        pixels=np.where(inside, image.pixels, np.uint8(0)),
        mask=image.mask & inside,
        sector=inside,
    )


def column(
    canvas: Canvas, hand: Hand, texts: Sequence[str], at: tuple[int, int], size: int,
    colour: Colour, face: Typeface | None = None,
) -> None:  # fmt: skip
    """Write lines of text below each other."""
    for number, text in enumerate(texts):
        row = at[0] + round(number * size * 1.35)
        canvas.write(text, (row, at[1]), face or hand.face, size, colour)


def depth_scale(canvas: Canvas, hand: Hand, region: Region, digits: bool = True) -> None:
    """Draw ticks and depth numbers along a vertical strip."""
    for number in range(1, 9):
        row = region.top + round(number * region.height / 9)
        canvas.fill(Region(row, region.left, 1, 7), _WHITE)
        if digits and number % 2 == 0:
            canvas.write(str(number), (row - 8, region.left + 9), hand.face, 14, _WHITE)


def bar(canvas: Canvas, region: Region, coloured: bool = False) -> None:
    """Draw the grey levels, or the colours of flow, from top to bottom."""
    levels = np.linspace(255, 0, region.height).astype(np.uint8)[:, None]
    ramp = levels.repeat(region.width, axis=1)
    rgb = cv2.applyColorMap(ramp, cv2.COLORMAP_JET)[..., ::-1] if coloured else ramp
    canvas.picture(region, np.ascontiguousarray(rgb))


def annotate(canvas: Canvas, hand: Hand, view: Region, most: int = 2, least: int = 0) -> None:
    """Draw words and calipers over the echoes of a view."""
    inner = Region(
        view.top + view.height // 4, view.left + view.width // 4,
        view.height // 2, view.width // 2,
    )  # fmt: skip
    colour = hand.one_of([_WHITE, _YELLOW, (120, 255, 120), (255, 255, 255), (190, 190, 190)])
    for text in hand.some(_ANNOTATIONS, hand.between(least, most)):
        at = (
            inner.top + hand.between(0, inner.height),
            inner.left + hand.between(0, max(0, inner.width - 60)),
        )
        outlined = hand.chance(0.4)
        canvas.write(text, at, hand.face, hand.between(14, 22), colour, outlined=outlined)
    if hand.chance(0.6):
        calipers(canvas, hand, inner)


def calipers(canvas: Canvas, hand: Hand, view: Region) -> None:
    """Draw two crosses, with a dotted line between them in half of the screens."""
    ends = [
        (view.left + hand.between(0, view.width // 3), view.top + hand.between(0, view.height)),
        (
            view.left + hand.between(view.width // 2, view.width),
            view.top + hand.between(0, view.height),
        ),
    ]
    marker = cv2.MARKER_CROSS if hand.chance(0.5) else cv2.MARKER_TILTED_CROSS
    dotted = hand.chance(0.5)

    def paint(alpha: NDArray[np.uint8]) -> None:
        for end in ends:
            cv2.drawMarker(alpha, end, 255, marker, 11, 1)
        if dotted:
            for share in np.linspace(0, 1, 30):
                point = np.rint(np.array(ends[0]) * (1 - share) + np.array(ends[1]) * share)
                cv2.circle(alpha, tuple(point.astype(int).tolist()), 1, 255, -1)

    canvas.draw(paint, hand.one_of([_WHITE, _YELLOW]), measures=True)


def mark(canvas: Canvas, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """Draw a maker's mark, a disc with a fan cut out, at (column, row)."""

    def paint(alpha: NDArray[np.uint8]) -> None:
        cv2.circle(alpha, centre, radius, 255, -1)
        cv2.ellipse(alpha, centre, (radius - 3, radius - 3), 90, -30, 30, 0, -1)

    canvas.draw(paint, colour)


def _curved_banner(hand: Hand) -> Screen:
    height, width = 768, 1024
    canvas = Canvas.of(height, width)
    top = hand.between(50, 80)
    view = hand.view(620, 760, "curved")
    canvas.echoes(view, (top + hand.between(0, 20), 150))
    canvas.fill(
        Region(0, 0, top, width),
        hand.one_of([(25, 35, 70), (60, 60, 60), (110, 110, 120), (0, 70, 90), (200, 200, 200)]),
    )
    name, number, born, hospital, day = hand.identity
    dark = canvas.pixels[5, 5].mean() > 150
    ink: Colour = (20, 20, 20) if dark else _WHITE
    canvas.write(f"{name}  {number}", (6, 12), hand.face, 20, ink)
    canvas.write(hospital, (6, 470), hand.face, 18, ink)
    canvas.write(f"{born}   {day}", (top - 26, 500), hand.face, 18, ink)
    column(canvas, hand, hand.some(_SETTINGS, 8), (top + 30, 8), 16, _WHITE)
    bar(canvas, Region(top + 40, 990, 160, 14))
    depth_scale(canvas, hand, Region(top + 40, 940, 600, 20))
    annotate(canvas, hand, Region(top + 60, 300, 480, 460))
    return canvas.screen()


def _linear_menus(hand: Hand) -> Screen:
    height, width = 720, 960
    canvas = Canvas.of(height, width)
    left, right, foot = hand.between(120, 170), hand.between(100, 150), hand.between(40, 70)
    view = hand.view(height - foot, width - left - right, "linear")
    canvas.echoes(view, (0, left))
    panel = hand.one_of([(40, 40, 44), (70, 74, 80), (30, 40, 60)])
    for region in (
        Region(0, 0, height, left),
        Region(0, width - right, height, right),
        Region(height - foot, 0, foot, width),
    ):
        canvas.fill(region, panel)
    for number, text in enumerate(hand.some(_BUTTONS, 6)):
        box = Region(120 + number * 70, 10, 46, left - 20)
        canvas.fill(box, (95, 100, 110), (70, 74, 82))
        canvas.write(text, (box.top + 14, 18), hand.face, 18, _WHITE)
    column(canvas, hand, hand.identity[:3], (10, 8), 15, _WHITE)
    column(canvas, hand, hand.some(_SETTINGS, 10), (20, width - right + 8), 15, _WHITE)
    canvas.write("  ".join(hand.identity[3:]), (height - foot + 8, left), hand.face, 18, _WHITE)
    bar(canvas, Region(60, width - right - 14, 200, 12))
    annotate(canvas, hand, Region(0, left, height - foot, width - left - right))
    return canvas.screen()


def _dual_view(hand: Hand) -> Screen:
    height, width = 600, 1000
    canvas = Canvas.of(height, width)
    top = hand.between(40, 60)
    shape: Shape = "curved" if hand.chance(0.6) else "linear"
    for number, left in enumerate((20, 510)):
        canvas.echoes(hand.view(470, 470, shape), (top + 6, left))
        canvas.write(
            f"{number + 1}/2 {hand.identity[0]}", (top + 8, left + 2), hand.face, 16, _WHITE
        )
    canvas.fill(Region(0, 0, top, width), hand.one_of([(20, 24, 60), (80, 80, 80)]))
    canvas.fill(Region(height - 44, 0, 44, width), (50, 60, 90))
    canvas.write("  ".join(hand.identity[:2]), (4, 10), hand.face, 18, _WHITE)
    canvas.write(hand.identity[4], (4, width - 240), hand.face, 16, (120, 255, 120))
    canvas.write("3:PELVIS   DVA: 94%", (height - 34, 20), hand.face, 18, _WHITE)
    column(canvas, hand, hand.some(_SETTINGS, 3), (height - 108, 410), 14, _WHITE)
    annotate(canvas, hand, Region(top + 40, 20, 380, 470))
    return canvas.screen()


def _light_theme(hand: Hand) -> Screen:
    height, width = 800, 1200
    page = hand.one_of([(255, 255, 255), (240, 240, 240), (225, 230, 236)])
    canvas = Canvas.of(height, width, page)
    canvas.fill(Region(0, 0, 48, width), (0, 120, 200))
    canvas.write(" - ".join(hand.identity[:3]), (10, 20), hand.face, 20, (255, 255, 255))
    box = Region(80, 300, 640, 800)
    canvas.fill(box, (0, 0, 0))
    shape: Shape = "curved" if hand.chance(0.5) else "linear"
    inset = hand.between(0, 40)
    canvas.echoes(
        hand.view(box.height - 2 * inset, box.width - 2 * inset, shape),
        (box.top + inset, box.left + inset),
    )
    column(canvas, hand, hand.identity, (100, 20), 20, (30, 30, 30))
    column(canvas, hand, hand.some(_SETTINGS, 8), (300, 20), 18, (60, 60, 60))
    for number, text in enumerate(hand.some(_BUTTONS, 5)):
        button = Region(740, 300 + number * 150, 40, 130)
        canvas.fill(button, (210, 215, 220))
        canvas.write(text, (750, button.left + 20), hand.face, 18, (20, 20, 20))
    annotate(canvas, hand, box)
    return canvas.screen()


def _touching_text(hand: Hand) -> Screen:
    height, width = 480, 640
    canvas = Canvas.of(height, width)
    shape: Shape = "linear" if hand.chance(0.5) else "curved"
    top, left = hand.between(40, 60), hand.between(70, 110)
    view = hand.view(360, 440, shape)
    canvas.echoes(view, (top, left))
    bold = next(face for face in typefaces() if face.name == "hershey-bold")
    size = hand.between(22, 34)
    name, number, born, hospital, _ = hand.identity
    # Letters stand on the first row of echoes, and beside its first and last columns.
    canvas.write(f"{name} {number}", (top - size + hand.between(2, 6), left), bold, size, _WHITE)
    canvas.write(hospital, (top + 354, left + 30), bold, size, _WHITE)
    canvas.write(born, (top + 150, max(0, left - 90)), bold, 24, _WHITE)
    column(canvas, hand, hand.some(_SETTINGS, 8), (80, left + 436), 18, _WHITE, bold)
    return canvas.screen()


def _over_text(hand: Hand) -> Screen:
    height, width = 576, 768
    canvas = Canvas.of(height, width)
    whole = hand.chance(0.4)
    shape: Shape = "linear" if whole else "curved"
    view = hand.view(height if whole else 500, width if whole else 640, shape)
    at = (0, 0) if whole else (60, 60)
    canvas.echoes(view, at)
    region = Region(*at, *view.pixels.shape[:2])
    annotate(canvas, hand, region, most=4, least=2)
    canvas.write(hand.identity[0], (region.top + region.height - 60, 250), hand.other, 20, _WHITE)
    canvas.write(hand.identity[2], (region.top + region.height - 34, 270), hand.other, 18, _WHITE)
    return canvas.screen()


DEVELOPMENT: dict[str, Callable[[Hand], Screen]] = {
    "curved-banner": _curved_banner,
    "linear-menus": _linear_menus,
    "dual-view": _dual_view,
    "light-theme": _light_theme,
    "touching-text": _touching_text,
    "over-text": _over_text,
}
