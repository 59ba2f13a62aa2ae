"""A test case: a made file, and the pictures in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.synthetic import ultrasound

HEIGHT, WIDTH = 96, 128


@dataclass(frozen=True)
class Case:
    """One file, and what must come out.

    Attributes:
        picture: uint8 [H,W] or [H,W,3]; None where a refusal is right, or nobody knows.
        lossy: the file holds only something near the picture: it has to be near in the mean, and,
            unless it is very near, within two levels of what a peer decodes.
        code: of the refusal that is right.
        options: of DCMTK's renderer, so that it shows what is meant.
    """

    name: str
    data: bytes
    picture: NDArray[np.uint8] | None = None
    lossy: bool = False
    code: str | None = None
    options: tuple[str, ...] = field(default=())

    @property
    def suffix(self) -> str:
        """Extension of the file, by the first word of the case's name."""
        return "." + self.name.split()[0].strip(",")


def grey() -> NDArray[np.uint8]:
    """Speckle without pure black or white, one pixel of which is white."""
    picture = np.clip(ultrasound(HEIGHT, WIDTH, seed=4).pixels, 8, 248)
    picture[0, 0] = 255  # so that the bits in use are all of them
    return picture


def colour() -> NDArray[np.uint8]:
    """Smooth colours, the same within pairs of pixels, with a red patch on them."""
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH) // 2 * 2)
    picture = np.dstack([ramp, 222 - ramp, np.full_like(ramp, 100)]).astype(np.uint8)
    picture[40:56, 64:96] = (200, 30, 20)
    picture[0, 0] = 255
    return picture
