"""Outlines without the picture's pixels: a page lays them over what its reader may see."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

TRUTH_BGRA = (255, 255, 255, 255)
MODEL_BGRA = (0, 176, 255, 255)


def outlines_png(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> bytes:
    """Draw a transparent PNG of [H,W]: the signed outline in white, the model's in amber."""
    canvas = np.zeros((*mask.shape, 4), np.uint8)
    width = max(1, round(max(mask.shape) / 300))
    for pixels, colour in ((truth, TRUTH_BGRA), (mask, MODEL_BGRA)):
        found, _ = cv2.findContours(
            pixels.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(canvas, found, -1, colour, width)
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise ValueError(f"cannot write outlines of shape {mask.shape}")
    return data.tobytes()
