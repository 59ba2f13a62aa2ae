"""A test case: a generated file, and the pictures in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.synthetic import ultrasound

HEIGHT, WIDTH = 96, 128


@dataclass(frozen=True)
class Case:
    """One file and its expected result.

    Attributes:
        picture: uint8 [H,W] or [H,W,3]; None if a refusal is right, or the picture is unknown.
        lossy: the file only approximates the picture: the result must be close on average and,
            unless it is very close, within two levels of a peer's.
        code: code of the right refusal.
        options: options of DCMTK's renderer for the intended display.
    """

    name: str
    data: bytes
    picture: NDArray[np.uint8] | None = None
    lossy: bool = False
    code: str | None = None
    options: tuple[str, ...] = field(default=())

    @property
    def suffix(self) -> str:
        """Suffix of the file, from the first word of the case's name."""
        return "." + self.name.split()[0].strip(",")


def grey() -> NDArray[np.uint8]:
    """Speckle without pure black or white, except for one white pixel."""
    picture = np.clip(ultrasound(HEIGHT, WIDTH, seed=4).pixels, 8, 248)
    picture[0, 0] = 255  # so that all bits are in use
    return picture


def colour() -> NDArray[np.uint8]:
    """Smooth colours, equal within pairs of pixels, with a red patch."""
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH) // 2 * 2)
    picture = np.dstack([ramp, 222 - ramp, np.full_like(ramp, 100)]).astype(np.uint8)
    picture[40:56, 64:96] = (200, 30, 20)
    picture[0, 0] = 255
    return picture
