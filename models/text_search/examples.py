"""Pictures with the places of text that the detector of PP-OCR and its rules would find.

The small network learns from the large one (Hinton et al. 2015, "Distilling the knowledge in a
neural network"), and from the known positions of letters that this program wrote. More lines are
written during training (:mod:`writing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Letter
from models.synthetic.screens import DEVELOPMENT, Hand
from worker.decoding import decode
from worker.deidentify.faint import INSIDE
from worker.deidentify.first_look import CELL, NETWORK_SIDE, planes
from worker.deidentify.text import everywhere, find_writing
from worker.ingest import DecodeLimits
from worker.pipeline import find_sector

FIRST_SEED = 50_000
"""The first seed of simulated screens; the benches use seeds far below."""
IGNORED = 255
JPEG_SHARE, JPEG_QUALITIES = 0.5, (70, 95)

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Example:
    """A picture as the network gets it, and its target.

    Attributes:
        planes: uint8 [2,H,W], brightness and colour; H and W are multiples of `CELL`.
        target: uint8 [H/CELL,W/CELL]: 1 text, 0 none, `IGNORED` for cells without loss.
    """

    planes: _Pixels
    target: _Pixels


def real(folder: Path, first: int, every: int) -> Iterator[Example]:
    """Yield examples from each `every`-th image of a data set, starting at `first`."""
    for path in sorted((folder / "images").iterdir())[first::every]:
        pixels = decode(path.read_bytes(), DecodeLimits()).frame.pixels
        kept = find_sector(pixels).kept(*pixels.shape[:2])
        yield example(pixels, kept, [])


def simulated(count: int, seed: int) -> Iterator[Example]:
    """Yield screens of the layouts that de-identification was developed on."""
    layouts = list(DEVELOPMENT)
    for number in range(count):
        layout = layouts[number % len(layouts)]
        rng = np.random.default_rng([seed, number])
        screen = DEVELOPMENT[layout](Hand(FIRST_SEED + seed + number, layout))
        kept = find_sector(screen.pixels).kept(*screen.pixels.shape[:2])
        letters = [letter for word in screen.words for letter in word.letters]
        yield example(compressed(screen.pixels, rng), kept, letters)


def compressed(pixels: _Pixels, rng: np.random.Generator) -> _Pixels:
    """Return the picture unchanged or after JPEG compression."""
    if rng.random() > JPEG_SHARE:
        return pixels
    quality = int(rng.integers(*JPEG_QUALITIES))
    bgr = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = cast(_Pixels, cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
    return np.ascontiguousarray(again if pixels.ndim == 2 else again[..., ::-1])


def example(pixels: _Pixels, kept: _Pixels, letters: list[Letter]) -> Example:
    """Make the network's input and target of a picture."""
    height, width = pixels.shape[:2]
    found = find_writing(pixels, kept, everywhere)
    scale = min(1.0, NETWORK_SIDE / max(height, width))
    heat = np.zeros((height, width), np.uint8) if found.heat is None else found.heat
    heat = cast(_Pixels, cv2.resize(heat, (width, height), interpolation=cv2.INTER_NEAREST))
    target = np.where(heat > INSIDE * 255, np.uint8(IGNORED), np.uint8(0))
    for box in (*found.blanked, *found.suspected):
        target[box.region.slices] = 1
    for letter in letters:
        if (letter.ink & (kept[letter.region.slices] > 0)).any():
            target[letter.region.slices] = 1
    target[(kept == 0) & (target == 0)] = IGNORED
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 1:
        pixels = cast(_Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        target = cast(_Pixels, cv2.resize(target, size, interpolation=cv2.INTER_NEAREST))
    return Example(planes(pixels), _cells(target))


def _cells(target: _Pixels) -> _Pixels:
    """Label each cell: text if a fifth of it is text, none if there is no text, else ignored."""
    height, width = target.shape
    padded = cv2.copyMakeBorder(
        target, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_CONSTANT, value=IGNORED
    )
    cells = padded.reshape(padded.shape[0] // CELL, CELL, padded.shape[1] // CELL, CELL)
    text = (cells == 1).mean(axis=(1, 3))
    none = (cells == 0).all(axis=(1, 3))
    return np.where(text > 0.2, np.uint8(1), np.where(none, np.uint8(0), np.uint8(IGNORED)))
