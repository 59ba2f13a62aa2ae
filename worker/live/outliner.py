"""From a live frame to its outline: blank everything outside the sector, then run the pipeline."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.ingest.cine import as_grey, is_grey
from worker.ingest.video import TOLERANCE
from worker.live.grabber import GrabbedFrame
from worker.pipeline import Frame, Network, PipelineSettings, Region, find_sector, segment
from worker.pipeline.background import BLACK_LEVEL
from worker.pipeline.frame import to_grey

SECTOR_SECONDS = 1.0
"""Time for which a sector is used before it is searched for again."""
JPEG_QUALITY = 92
_GLANCE = 4
"""px between the pixels, along rows and columns, that decide whether a frame is grey."""

_STRIP = 50
"""Half the width of the strip in which depth is determined, as a share of the sector's width."""
_ECHOES = 0.3
"""A row of the strip has echoes if at least this share of it is brighter than black."""

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Outlined:
    """A frame with its results.

    Attributes:
        number: number of the frame, counted by the source.
        at: when it was due, in monotonic seconds.
        pixels: uint8 [H,W] or [H,W,3], black outside the sector.
        jpeg: the same as a JPEG file.
        said: everything else in plain values, for the page.
    """

    number: int
    at: float
    pixels: _Pixels
    jpeg: bytes
    said: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return (int(self.pixels.shape[0]), int(self.pixels.shape[1]))


class Outliner:
    """Finds the sector from time to time, and lesions in each frame. For use from one thread."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._settings = PipelineSettings.for_card(network.card)
        self._brightest: _Pixels | None = None
        self._kept: _Pixels | None = None
        self._box = Region(0, 0, 1, 1)
        self._depth = (0, 1)
        self._found_at = 0.0

    def outline(self, grabbed: GrabbedFrame) -> Outlined:
        """Blank, segment and encode one frame.

        Raises:
            BrokenModelError: the network's output is not finite.
        """
        began = time.perf_counter()
        kept = self._sector(grabbed)
        pixels = cast(_Pixels, cv2.bitwise_and(grabbed.pixels, grabbed.pixels, mask=kept))
        if is_grey(pixels[::_GLANCE, ::_GLANCE], TOLERANCE):
            pixels = as_grey(pixels)
        found = segment(Frame(pixels, region=self._box), self._network, self._settings)
        _, coded = cv2.imencode(
            ".jpg",
            pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
        )
        names = ("label", "class_name", "contour", "area_px", "probability")
        axes = ("long_axis", "short_axis", "long_axis_px", "short_axis_px")
        lesions = [
            {name: value for name, value in lesion.to_json().items() if name in names + axes}
            | {"possible": lesion.possible}
            for lesion in found.lesions
        ]
        said = {
            "number": grabbed.number,
            "height": pixels.shape[0],
            "width": pixels.shape[1],
            "sector": self._box._asdict(),
            "depth": {
                "x": self._box.left + self._box.width / 2,
                "top": self._depth[0],
                "foot": self._depth[1],
            },
            "lesions": lesions,
            "doubtful": len(found.possible_lesions),
            "unlike": bool(found.out_of_domain),
            "outlined_ms": round((time.perf_counter() - began) * 1000, 1),
        }
        return Outlined(grabbed.number, grabbed.at, pixels, coded.tobytes(), said)

    def _sector(self, grabbed: GrabbedFrame) -> _Pixels:
        """Return the kept pixels of a frame: uint8 0/255 [H,W].

        The sector is found in each pixel's recent maximum: echoes move, and a dark frame hides
        them.
        """
        now, pixels = time.monotonic(), grabbed.pixels
        height, width = pixels.shape[:2]
        if self._brightest is None or self._brightest.shape != pixels.shape:
            self._brightest, self._kept = pixels.copy(), None
        else:
            np.maximum(self._brightest, pixels, out=self._brightest)
        if self._kept is None or now - self._found_at > SECTOR_SECONDS:
            sector = find_sector(self._brightest)
            self._kept, self._box = sector.kept(height, width), sector.box
            self._depth = _depth(to_grey(self._brightest), self._box)
            self._brightest, self._found_at = pixels.copy(), now
        return self._kept


def _depth(grey: _Pixels, box: Region) -> tuple[int, int]:
    """Return the first row of echoes along the sector's middle, and the one after the last.

    The box itself is not suitable: it is enlarged if the sector is close to the frame's edge.
    """
    half = max(1, box.width // _STRIP)
    middle = box.left + box.width // 2
    strip = grey[box.top : box.top + box.height, max(0, middle - half) : middle + half]
    rows = np.flatnonzero((strip > BLACK_LEVEL).mean(axis=1) >= _ECHOES)
    if not rows.size:
        return box.top, box.top + box.height
    return box.top + int(rows[0]), box.top + int(rows[-1]) + 1
