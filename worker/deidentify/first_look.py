"""A small network over the whole picture that finds possible text in a few milliseconds.

It was trained on the results of the detector of :mod:`reader` (`models/text_search`), and its
answer only selects where that detector runs.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from worker.deidentify.two_threads import on_two_threads

CELL = 8
"""px; the network returns one value per square of this side."""
NETWORK_SIDE = 1440
"""px; larger frames are reduced to this size."""

FINER, FINER_SIDE = 1.5, 1080
"""Frames with no side above this, px, are also enlarged by this factor, for small letters."""
LEAST, ONCE = 0.2, 0.5
"""Least probabilities for a text search: of each square, and of one among them.

Chosen on training layouts and images.
"""
GRAPH = Path(__file__).with_suffix(".onnx")

_Pixels = NDArray[np.uint8]
_lock = threading.Lock()


def planes(pixels: _Pixels) -> _Pixels:
    """Return the network's input: uint8 [2,H,W], the brightest channel and the colourfulness.

    Args:
        pixels: uint8 [h,w] or [h,w,3]; H and W are the next multiples of `CELL`.
    """
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        most: _Pixels = pixels
        colour: _Pixels = np.zeros_like(pixels)
    else:
        red, green, blue = cv2.split(pixels)
        most = cast(_Pixels, cv2.max(cv2.max(red, green), blue))
        colour = cast(_Pixels, cv2.subtract(most, cv2.min(cv2.min(red, green), blue)))
    more = (0, -height % CELL, 0, -width % CELL)
    return np.stack(
        [cv2.copyMakeBorder(plane, *more, cv2.BORDER_REPLICATE) for plane in (most, colour)]
    )


@dataclass(frozen=True)
class Look:
    """The network's answer for a frame.

    Attributes:
        places: uint8 0/1 [H,W], where to search for text.
        said: uint8 [H,W], the probability of text, 255 for 1.
    """

    places: _Pixels
    said: _Pixels


def may_be_text(pixels: _Pixels) -> Look:
    """Return where to search for text, level or upright.

    Args:
        pixels: uint8 [H,W] or [H,W,3], no side above `NETWORK_SIDE`.
    """
    height, width = pixels.shape[:2]
    sizes = [1.0, FINER] if max(height, width) <= FINER_SIDE else [1.0]
    said, *finer = on_two_threads(lambda size: _said(pixels, size), sizes, float)
    for more in finer:
        finer_said = cv2.resize(more, said.shape[::-1], interpolation=cv2.INTER_AREA)
        said = np.maximum(said, finer_said)
    cells = _together((said > LEAST).astype(np.uint8), said > ONCE)
    return Look(
        _as_large(cells, height, width),
        _as_large(np.rint(said * 255).astype(np.uint8), height, width),
    )


def _said(pixels: _Pixels, times: float) -> NDArray[np.float32]:
    """Return the network's probabilities by square for a picture enlarged by a factor."""
    if times != 1:
        height, width = pixels.shape[:2]
        size = (max(1, round(width * times)), max(1, round(height * times)))
        pixels = cast(_Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))
    with _lock:
        session = _loaded()
    return cast(NDArray[np.float32], session.run(None, {"planes": planes(pixels)[None]})[0][0])


def _as_large(cells: _Pixels, height: int, width: int) -> _Pixels:
    larger = (cells.shape[1] * CELL, cells.shape[0] * CELL)
    grown = cv2.resize(cells, larger, interpolation=cv2.INTER_NEAREST)
    return cast(_Pixels, np.ascontiguousarray(grown[:height, :width]))


def _together(cells: _Pixels, sure: NDArray[np.bool_]) -> _Pixels:
    """The squares connected to a sure one."""
    count, labels = cv2.connectedComponents(cells, connectivity=8)
    keep = np.zeros(count, np.uint8)
    keep[labels[sure]] = 1
    keep[0] = 0
    return cast(_Pixels, keep[labels])


@lru_cache(maxsize=1)
def _loaded() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # One thread, as in :mod:`reader`: other cores have other images, and results are identical.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # pictures differ in size, and an arena keeps the largest
    return onnxruntime.InferenceSession(str(GRAPH), options, providers=["CPUExecutionProvider"])
