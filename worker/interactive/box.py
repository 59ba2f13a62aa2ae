"""Box: a box that a person drew around a lesion in, the lesion's mask out.

The network looks at the box with its surroundings, which shows it a small lesion larger than the
whole frame did. What it says there and what it said of the whole frame are taken relative to their
means over the box: somebody says that there is a lesion, and the question is only where it ends.
An ellipse in the box is the prior. The CRF then settles the contour, with everything outside of
the box fixed to not lesion.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.interactive.settings import BoxSettings, frame_unit
from worker.pipeline.components import largest
from worker.pipeline.crf import PottsParameters, engine
from worker.pipeline.frame import Region, to_grey
from worker.pipeline.morphology import filled
from worker.pipeline.network import Network

LEAST_SIDE = 4
"""Smaller boxes hold nothing to tell apart and are filled with the ellipse."""


def outline_in_box(
    pixels: NDArray[np.uint8],
    box: Region,
    logits: NDArray[np.float32],
    network: Network,
    settings: BoxSettings,
    taken: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """The mask of one lesion inside a box. The same input gives the same bytes.

    Args:
        pixels: uint8 [H,W] or [H,W,3], the frame.
        box: in px of the frame, wholly inside of it.
        logits: float32 [H,W], the network's calibrated log-odds of lesion in the whole frame.
        network: looks at the box once more.
        taken: bool [H,W], pixels of other lesions; they stay as they are.

    Returns:
        bool [H,W], one connected area without holes inside the box; empty only where `taken`
        leaves no room.

    Raises:
        ValueError: the box is not inside the frame, or the arrays differ in shape.
    """
    height, width = pixels.shape[:2]
    if box.clipped(height, width) != box:
        raise ValueError(f"{box} is not inside a frame of {height} × {width} px")
    if logits.shape != (height, width) or (taken is not None and taken.shape != logits.shape):
        raise ValueError("the arrays must have the shape of the frame")
    free = np.ones((box.height, box.width), np.bool_)
    if taken is not None:
        free = ~taken[box.slices]
    radius = radii(box)
    ellipse = free & (radius <= 1)
    inside = ellipse
    if min(box.height, box.width) >= LEAST_SIDE:
        near = network_in_box(pixels, box, network, settings)
        said = box_evidence(near, logits[box.slices], radius, settings)
        inside = free & _settled(said, to_grey(pixels), box, free, settings)
    result = np.zeros((height, width), np.bool_)
    result[box.slices] = largest(_without_holes(inside if inside.any() else ellipse)) & free
    return result


def radii(box: Region) -> NDArray[np.float32]:
    """Distance of the box's pixels from its centre, 1 at the middle of each side: float32 [h,w]."""
    rows = (np.arange(box.height) + 0.5) / (box.height / 2) - 1
    columns = (np.arange(box.width) + 0.5) / (box.width / 2) - 1
    distance = np.hypot(rows[:, None], columns[None])
    return cast(NDArray[np.float32], distance.astype(np.float32))


def network_in_box(
    pixels: NDArray[np.uint8], box: Region, network: Network, settings: BoxSettings
) -> NDArray[np.float32]:
    """The network's calibrated log-odds in the box, seen with its surroundings: float32 [h,w]."""
    pad = settings.padding * max(box.height, box.width)
    seen = Region(
        int(box.top - pad),
        int(box.left - pad),
        int(box.height + 2 * pad),
        int(box.width + 2 * pad),
    ).clipped(*pixels.shape[:2])
    seen = seen or box
    logits = network.logits(np.ascontiguousarray(pixels[seen.slices]))
    logits = logits / np.float32(network.card.calibration.temperature)
    top, left = box.top - seen.top, box.left - seen.left
    return logits[top : top + box.height, left : left + box.width]


def box_features(
    near: NDArray[np.float32],
    frame: NDArray[np.float32],
    radius: NDArray[np.float32],
    settings: BoxSettings,
) -> dict[str, NDArray[np.float32]]:
    """What the weights of `BoxWeights` are applied to, float32 [h,w] by the weight's name."""
    limit = np.float32(settings.logit_limit)
    near, frame = np.clip(near, -limit, limit), np.clip(frame, -limit, limit)
    ones = np.ones_like(radius)
    return {
        "bias": ones,
        "near": near,
        "near_level": -near.mean(dtype=np.float32) * ones,
        "frame": frame,
        "frame_level": -frame.mean(dtype=np.float32) * ones,
        "radius": -radius,
        "radius_squared": -(radius**2),
    }


def box_evidence(
    near: NDArray[np.float32],
    frame: NDArray[np.float32],
    radius: NDArray[np.float32],
    settings: BoxSettings,
) -> NDArray[np.float32]:
    """Log-odds of lesion in the box: float32 [h,w]."""
    columns = box_features(near, frame, radius, settings)
    weights = settings.weights.model_dump()
    total = sum(np.float32(weights[name]) * column for name, column in columns.items())
    return cast(NDArray[np.float32], np.asarray(total, np.float32))


def _settled(
    said: NDArray[np.float32],
    grey: NDArray[np.uint8],
    box: Region,
    free: NDArray[np.bool_],
    settings: BoxSettings,
) -> NDArray[np.bool_]:
    """The labels in the box after the CRF, which hears that all around it is not lesion."""
    if settings.crf.engine == "none":
        return said >= 0
    parameters = PottsParameters.from_settings(settings.crf, frame_unit(*grey.shape))
    pad = int(np.ceil(2 * parameters.appearance_sigma_xy)) + 1
    around = Region(box.top - pad, box.left - pad, box.height + 2 * pad, box.width + 2 * pad)
    window = around.clipped(*grey.shape) or box
    top, left = box.top - window.top, box.left - window.left
    inner = np.s_[top : top + box.height, left : left + box.width]
    probability = np.zeros((window.height, window.width), np.float32)
    probability[inner] = 1 / (1 + np.exp(-said))
    fixed = np.full(probability.shape, -1, np.int8)
    fixed[inner] = np.where(free, 0, -1)
    values = np.ascontiguousarray(grey[window.slices])
    settled = engine(settings.crf.engine)(probability, values, parameters, fixed)
    return settled[inner] >= 0.5


def _without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return filled(mask.astype(np.uint8)) > 0
