"""From a box that a person drew around a lesion to the lesion's mask.

The prompt network sees the box with its surroundings and returns the probability that a pixel
belongs to the lesion in it. The segmentation network runs on the same area, where a small lesion
appears larger than in the whole frame; its logits there, and those of the whole frame, are taken
relative to their means over the box, because the person has marked a lesion and only its boundary
is in question. The prior is an ellipse in the box; it is the whole answer if both networks are
uninformative.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.interactive.prompt_network import PromptNetwork
from worker.interactive.prompts import Prompt, neighbourhood
from worker.interactive.settings import BoxSettings
from worker.pipeline.components import largest
from worker.pipeline.frame import Region
from worker.pipeline.morphology import filled
from worker.pipeline.network import Network

LEAST_SIDE = 4
"""Smaller boxes are too small to segment and are filled with the ellipse."""

_prompted = ThreadPoolExecutor(1, thread_name_prefix="prompted")


def outline_in_box(
    pixels: NDArray[np.uint8],
    box: Region,
    logits: NDArray[np.float32],
    network: Network,
    prompts: PromptNetwork,
    settings: BoxSettings,
    taken: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Segment one lesion inside a box. The same input gives the same bytes.

    Args:
        pixels: uint8 [H,W] or [H,W,3], the frame.
        box: in px of the frame, entirely inside it.
        logits: float32 [H,W], the network's calibrated log-odds of lesion in the whole frame.
        network: the segmentation network, run again on the box.
        prompts: the prompt network.
        taken: bool [H,W], pixels of other lesions; they are left unchanged.

    Returns:
        bool [H,W], one connected area without holes inside the box; empty only if `taken` leaves no
        room.

    Raises:
        ValueError: the box is not inside the frame, or the arrays' shapes differ.
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
        # One view of either network keeps one core busy.
        asked = _prompted.submit(shown_box, pixels, box, prompts, settings, taken)
        near = network_in_box(pixels, box, network, settings)
        shown = asked.result()
        inside = free & (box_evidence(near, logits[box.slices], shown, radius, settings) >= 0)
        if np.count_nonzero(inside) < settings.least_share * np.count_nonzero(ellipse):
            silent = np.zeros_like(shown)
            inside = free & (box_evidence(near, logits[box.slices], silent, radius, settings) >= 0)
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
    """The network's calibrated log-odds in the box, run with its surroundings: float32 [h,w]."""
    seen = neighbourhood(box, settings.padding, pixels.shape)
    logits = network.logits(np.ascontiguousarray(pixels[seen.slices]))
    logits = logits / np.float32(network.card.calibration.temperature)
    top, left = box.top - seen.top, box.left - seen.left
    return logits[top : top + box.height, left : left + box.width]


def shown_box(
    pixels: NDArray[np.uint8],
    box: Region,
    prompts: PromptNetwork,
    settings: BoxSettings,
    taken: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """The prompt network's log-odds for the box, with other lesions shown as not lesion: [h,w]."""
    seen = neighbourhood(box, settings.prompt_padding, pixels.shape)
    others = None if taken is None else -taken.astype(np.int8)
    said = prompts.logits(pixels, Prompt(box=box, scribbles=others), seen)
    top, left = box.top - seen.top, box.left - seen.left
    return said[top : top + box.height, left : left + box.width]


def box_features(
    near: NDArray[np.float32],
    frame: NDArray[np.float32],
    shown: NDArray[np.float32],
    radius: NDArray[np.float32],
    settings: BoxSettings,
) -> dict[str, NDArray[np.float32]]:
    """The features that the weights of `BoxWeights` apply to, float32 [h,w] by the weight's
    name."""
    limit = np.float32(settings.logit_limit)
    near, frame, shown = (np.clip(said, -limit, limit) for said in (near, frame, shown))
    ones = np.ones_like(radius)
    return {
        "bias": ones,
        "near": near,
        "near_level": -near.mean(dtype=np.float32) * ones,
        "frame": frame,
        "prompt": shown,
        "frame_level": -frame.mean(dtype=np.float32) * ones,
        "radius": -radius,
        "radius_squared": -(radius**2),
    }


def box_evidence(
    near: NDArray[np.float32],
    frame: NDArray[np.float32],
    shown: NDArray[np.float32],
    radius: NDArray[np.float32],
    settings: BoxSettings,
) -> NDArray[np.float32]:
    """Log-odds of lesion in the box: float32 [h,w]."""
    columns = box_features(near, frame, shown, radius, settings)
    weights = settings.weights.model_dump()
    total = sum(np.float32(weights[name]) * column for name, column in columns.items())
    return cast(NDArray[np.float32], np.asarray(total, np.float32))


def _without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return filled(mask.astype(np.uint8)) > 0
