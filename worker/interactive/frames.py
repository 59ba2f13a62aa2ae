"""Frames that people draw on, kept in memory with a network's output for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.frame import Frame, to_grey
from worker.pipeline.network import Network
from worker.pipeline.segment import network_input, segmented_area
from worker.pipeline.settings import PipelineSettings

MOST_BYTES = 128 * 1024 * 1024
"""About fifty frames of 800 × 600 px in colour."""

OUTSIDE = -20.0
"""Log-odds of lesion outside the effective area, on which the network does not run."""


@dataclass(frozen=True)
class ReadFrame:
    """A frame and the network's answer.

    Attributes:
        pixels: uint8 [H,W] or [H,W,3].
        grey: uint8 [H,W].
        logits: float32 [H,W], calibrated log-odds of lesion, before CRF and threshold.
    """

    pixels: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    logits: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        shared = self.grey is self.pixels
        return self.pixels.nbytes + self.logits.nbytes + (0 if shared else self.grey.nbytes)


def read_frame(frame: Frame, network: Network) -> ReadFrame:
    """Run crop, denoising and network as the pipeline does with the card's settings."""
    settings = PipelineSettings.for_card(network.card)
    logits = np.full((frame.height, frame.width), OUTSIDE, np.float32)
    crop = segmented_area(frame, settings)
    resized, size = network_input(frame, network, settings, crop)
    found = network.look(resized, size, settings.tta).logits
    found = found / np.float32(network.card.calibration.temperature)
    logits[crop.slices] = cv2.resize(
        found, (crop.width, crop.height), interpolation=cv2.INTER_LINEAR
    )
    return ReadFrame(frame.pixels, to_grey(frame.pixels), logits)


class FrameCache:
    """The most recently used frames, limited by their bytes; for one thread.

    A single frame above the limit is kept until the next one comes, as somebody is working on it.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._frames: OrderedDict[tuple[Hashable, ...], ReadFrame] = OrderedDict()

    def get(self, key: tuple[Hashable, ...], read: Callable[[], ReadFrame]) -> ReadFrame:
        """Return the frame under this key; read it if it is not cached."""
        found = self._frames.pop(key, None)
        if found is None:
            found = read()
        self._frames[key] = found
        while self.nbytes > self._most and len(self._frames) > 1:
            self._frames.popitem(last=False)
        return found

    def forget(self, stale: Callable[[tuple[Hashable, ...]], bool]) -> None:
        """Drop the frames whose key is stale."""
        for key in [key for key in self._frames if stale(key)]:
            del self._frames[key]

    @property
    def nbytes(self) -> int:
        """Size of all frames in bytes."""
        return sum(frame.nbytes for frame in self._frames.values())
