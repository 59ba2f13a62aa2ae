"""A scanner's screen to draw on, which records each letter and the positions of echoes.

Letters are drawn in fonts that come with packages: Pillow's own two, OpenCV's Hershey strokes and,
if matplotlib is installed, DejaVu. Every name is obviously invented.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.synthetic.scan import SyntheticImage
from worker.pipeline import Region

Colour = tuple[int, int, int]
_Pixels = NDArray[np.uint8]
_Mask = NDArray[np.bool_]
_INK = 96
"""Alpha (of 255) from which a pixel counts as ink."""


@dataclass(frozen=True)
class Letter:
    """A drawn character.

    Attributes:
        region: px of the frame.
        ink: bool [height,width] of the region, its strokes.
        over_echo: whether it lies over echoes, not beside them.
    """

    region: Region
    ink: _Mask
    over_echo: bool


@dataclass(frozen=True)
class Word:
    """A drawn line of text, and its letters without the spaces."""

    text: str
    region: Region
    letters: tuple[Letter, ...]


@dataclass(frozen=True)
class Screen:
    """A screen and its known content.

    Attributes:
        pixels: uint8 [H,W,3] RGB.
        echo: bool [H,W], echoes with nothing written over them.
        lesions: bool [H,W], lesions in the echoes.
        furniture: bool [H,W], drawn letters, fills, bars and marks; not the black between them.
        words: all text.
        measuring: bool [H,W], crosses, ticks and lines over echoes, which must be kept.
    """

    pixels: _Pixels
    echo: _Mask
    lesions: _Mask
    furniture: _Mask
    words: tuple[Word, ...]
    measuring: _Mask


@dataclass(frozen=True)
class Typeface:
    """Style of a line of text.

    Attributes:
        render: from text and height in px, returns alpha uint8 [h,w] and character edges in px.
    """

    name: str
    render: Callable[[str, int], tuple[_Pixels, list[int]]]


@dataclass
class Canvas:
    """A screen being drawn; `screen` finishes it."""

    pixels: _Pixels
    sector: _Mask = field(init=False)
    lesions: _Mask = field(init=False)
    furniture: _Mask = field(init=False)
    measuring: _Mask = field(init=False)
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = self.pixels.shape[:2]
        self.sector, self.lesions, self.furniture, self.measuring = (
            np.zeros(shape, np.bool_) for _ in range(4)
        )

    @classmethod
    def of(cls, height: int, width: int, colour: Colour = (0, 0, 0)) -> Canvas:
        """Return an empty screen of one colour."""
        canvas = cls(np.empty((height, width, 3), np.uint8))
        canvas.pixels[:] = colour
        if any(colour):
            canvas.furniture[:] = True
        return canvas

    def echoes(
        self, image: SyntheticImage, at: tuple[int, int], tint: Colour | None = None
    ) -> None:
        """Put a view at (row, column); it must lie entirely within the screen."""
        height, width = image.pixels.shape[:2]
        window = Region(*at, height, width).slices
        grey = image.pixels[..., None].repeat(3, axis=2)
        if tint is not None:
            grey = (grey.astype(np.uint16) * np.array(tint) // 255).astype(np.uint8)
        self.pixels[window] = np.where(image.sector[..., None], grey, self.pixels[window])
        self.sector[window] |= image.sector
        self.lesions[window] |= image.mask
        self.furniture[window] &= ~image.sector

    def fill(self, region: Region, colour: Colour, lower: Colour | None = None) -> None:
        """Fill a rectangle behind the echoes, with a gradient if two colours are given."""
        height, width = self.pixels.shape[:2]
        inside = region.clipped(height, width)
        if inside is None:
            return
        share = np.linspace(0, 1, inside.height)[:, None, None]
        rows = np.array(colour) * (1 - share) + np.array(lower or colour) * share
        free = ~self.sector[inside.slices]
        target = self.pixels[inside.slices]
        target[free] = np.broadcast_to(np.rint(rows).astype(np.uint8), target.shape)[free]
        self.furniture[inside.slices] |= free

    def picture(self, region: Region, pixels: _Pixels) -> None:
        """Draw a small picture that is not an echo to keep: a thumbnail, a logo."""
        small = cv2.resize(pixels, (region.width, region.height), interpolation=cv2.INTER_AREA)
        rgb = small if small.ndim == 3 else small[..., None].repeat(3, axis=2)
        self.pixels[region.slices] = rgb
        self.furniture[region.slices] = True

    def draw(
        self, paint: Callable[[_Pixels], object], colour: Colour, measures: bool = False
    ) -> None:
        """Draw lines and shapes that `paint` sets to 255 in an empty uint8 [H,W]."""
        alpha = np.zeros(self.pixels.shape[:2], np.uint8)
        paint(alpha)
        self._blend(alpha, (0, 0), colour, 1.0)
        ink = alpha >= _INK
        if measures:
            self.measuring |= ink
        self.furniture |= ink

    def write(
        self,
        text: str,
        at: tuple[int, int],
        face: Typeface,
        size: int,
        colour: Colour,
        *,
        opacity: float = 1.0,
        outlined: bool = False,
        turned: float = 0.0,
    ) -> None:
        """Write a line of text with its upper left corner at (row, column).

        Args:
            size: height of a line, px.
            opacity: opacity of the letters, 0 to 1.
            outlined: whether to add a dark rim, as scanners do over echoes.
            turned: degrees counter-clockwise; its letters are then recorded as one.
        """
        alpha, edges = face.render(text, size)
        if turned:
            alpha = _turned(alpha, turned)
            edges = [0, alpha.shape[1]]
        height, width = self.pixels.shape[:2]
        row, column = at
        alpha = alpha[max(0, -row) : height - row, max(0, -column) : width - column]
        edges = [min(max(0, edge - max(0, -column)), alpha.shape[1]) for edge in edges]
        row, column = max(0, row), max(0, column)
        if not alpha.size or alpha.max() < _INK:
            return
        if outlined:
            rim = cast(_Pixels, cv2.dilate(alpha, np.ones((3, 3), np.uint8)))
            self._blend(rim, (row, column), (0, 0, 0), 0.8)
        self._blend(alpha, (row, column), colour, opacity)
        ink = alpha >= _INK
        letters = []
        for start, end in itertools.pairwise(edges):
            if end > start and ink[:, start:end].any():
                region = Region(row, column + start, alpha.shape[0], end - start)
                strokes = ink[:, start:end]
                over = float(self.sector[region.slices][strokes].mean()) > 0.5
                letters.append(Letter(region, strokes.copy(), over))
        region = Region(row, column, *alpha.shape)
        self.words.append(Word(text, region, tuple(letters)))
        self.furniture[region.slices] |= ink

    def screen(self) -> Screen:
        """Return the screen as drawn so far."""
        echo = self.sector & ~self.furniture
        return Screen(
            self.pixels,
            echo,
            self.lesions & self.sector,
            self.furniture,
            tuple(self.words),
            self.measuring & self.sector,
        )

    def _blend(self, alpha: _Pixels, at: tuple[int, int], colour: Colour, opacity: float) -> None:
        target = self.pixels[at[0] : at[0] + alpha.shape[0], at[1] : at[1] + alpha.shape[1]]
        share = alpha[..., None].astype(np.float32) * (opacity / 255)
        target[:] = np.rint(target * (1 - share) + np.array(colour, np.float32) * share)


def typefaces() -> tuple[Typeface, ...]:
    """Return the fonts of most layouts: five, or seven with matplotlib."""
    faces = [
        Typeface("pillow", lambda text, size: _pillow(text, _default_font(size))),
        Typeface("pillow-bitmap", _bitmap),
        Typeface("hershey-simplex", lambda t, s: _hershey(t, s, cv2.FONT_HERSHEY_SIMPLEX, 1)),
        Typeface("hershey-bold", lambda t, s: _hershey(t, s, cv2.FONT_HERSHEY_DUPLEX, 2)),
        Typeface("hershey-plain", lambda t, s: _hershey(t, s, cv2.FONT_HERSHEY_PLAIN, 1)),
    ]
    return (*faces, *_truetypes("DejaVuSans-Bold", "DejaVuSansMono"))


def other_typefaces() -> tuple[Typeface, ...]:
    """Return fonts that are not among `typefaces`: two, or six with matplotlib."""
    faces = [
        Typeface("hershey-complex", lambda t, s: _hershey(t, s, cv2.FONT_HERSHEY_COMPLEX, 1)),
        Typeface("hershey-triplex", lambda t, s: _hershey(t, s, cv2.FONT_HERSHEY_TRIPLEX, 1)),
    ]
    names = ("DejaVuSans-Oblique", "DejaVuSerif", "STIXGeneralBol", "cmss10")
    return (*faces, *_truetypes(*names))


def _truetypes(*names: str) -> list[Typeface]:
    """Return the installed ones of matplotlib's fonts."""
    return [
        Typeface(
            name,
            lambda text, size, name=name: _pillow(  # type: ignore[misc]
                text, cast(ImageFont.FreeTypeFont, _truetype(name, size))
            ),
        )
        for name in names
        if _truetype(name, 12) is not None
    ]


@lru_cache(maxsize=128)
def _default_font(size: int) -> ImageFont.FreeTypeFont:
    return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))


@lru_cache(maxsize=128)
def _truetype(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        path = resources.files("matplotlib") / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"
        with resources.as_file(path) as file:
            return ImageFont.truetype(str(file), size)
    except (ModuleNotFoundError, OSError):
        return None


def _pillow(text: str, font: ImageFont.FreeTypeFont) -> tuple[_Pixels, list[int]]:
    ascent, descent = font.getmetrics()
    width = math.ceil(font.getlength(text)) + 2
    image = Image.new("L", (width, ascent + descent))
    ImageDraw.Draw(image).text((0, 0), text, 255, font=font)
    return np.asarray(image), [round(font.getlength(text[:n])) for n in range(len(text) + 1)]


def _bitmap(text: str, size: int) -> tuple[_Pixels, list[int]]:
    """Return Pillow's old font of 11 px per line, enlarged unsmoothed, as on old scanners."""
    font = ImageFont.load_default_imagefont()
    _left, _top, right, bottom = font.getbbox(text)
    image = Image.new("L", (math.ceil(right) + 1, math.ceil(bottom) + 1))
    ImageDraw.Draw(image).text((0, 0), text, 255, font=font)
    scale = max(1, round(size / 13))
    alpha = np.asarray(image).repeat(scale, axis=0).repeat(scale, axis=1)
    edges = [round(font.getlength(text[:n])) * scale if n else 0 for n in range(len(text) + 1)]
    return alpha, edges


def _hershey(text: str, size: int, font: int, thick: int) -> tuple[_Pixels, list[int]]:
    scale = cv2.getFontScaleFromHeight(font, max(6, round(size * 0.62)), thick)
    (width, height), base = cv2.getTextSize(text, font, scale, thick)
    alpha = np.zeros((height + base + 2 * thick, width + 2 * thick), np.uint8)
    cv2.putText(alpha, text, (thick, height + thick), font, scale, 255, thick, cv2.LINE_AA)
    edges = [cv2.getTextSize(text[:n], font, scale, thick)[0][0] for n in range(len(text) + 1)]
    edges[0] = 0
    return alpha, edges


def _turned(alpha: _Pixels, degrees: float) -> _Pixels:
    image = Image.fromarray(alpha).rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    return np.asarray(image)


def identity(rng: np.random.Generator) -> Sequence[str]:
    """Return the lines that a scanner writes about a patient, who does not exist."""
    family = rng.choice(["DOE", "NOBODY", "SPECIMEN", "SAMPLE", "PHANTOM", "Musterfrau", "Testova"])
    given = rng.choice(["JANE", "JOHN", "Erika", "Anna B.", "NOEL", "Q."])
    number = int(rng.integers(10**5, 10**8))
    born = f"{rng.integers(1, 29):02}.{rng.integers(1, 13):02}.19{rng.integers(30, 99)}"
    day = f"20{rng.integers(10, 26)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
    hospital = rng.choice(
        ["GENERAL HOSPITAL OF NOWHERE", "Clinic Example", "IMAGINARY WOMENS CENTER", "St. Nobody"]
    )
    return (
        f"{family}, {given}",
        f"ID {number}",
        f"*{born}",
        str(hospital),
        f"{day} {rng.integers(7, 19):02}:{rng.integers(60):02}:{rng.integers(60):02}",
    )
