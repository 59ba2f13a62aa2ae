"""Refine: from a lesion's mask and a person's scribbles to the mask that they intended.

Around each scribble that contradicts the mask, every pixel gets log-odds of being wrong in the same
way (`scribbles.evidence`), and the fully connected CRF (Li et al. 2021, Krähenbühl & Koltun 2011)
refines the contour between changed and unchanged pixels, with the scribbles as fixed labels. This
guarantees three things:

- every scribbled pixel has its label afterwards;
- a lesion scribble only adds and a not-lesion scribble only removes, and nothing outside its reach
  changes;
- scribbles that the mask already follows change nothing, so a repeated request changes nothing.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.interactive.scribbles import Scribble, contradicting, evidence
from worker.interactive.settings import RefineSettings, frame_unit
from worker.pipeline.components import parts_of
from worker.pipeline.crf import PottsParameters, engine
from worker.pipeline.morphology import filled

SETTLED = 11.0
"""Log-odds of pixels that a scribble cannot change: more than the CRF's weights can overcome."""


def refine(
    mask: NDArray[np.bool_],
    scribbles: NDArray[np.int8],
    logits: NDArray[np.float32],
    grey: NDArray[np.uint8],
    settings: RefineSettings,
) -> NDArray[np.bool_]:
    """Apply a person's scribbles to the mask of one lesion. The same input gives the same bytes.

    Args:
        mask: bool [H,W], the current lesion; may be empty.
        scribbles: int8 [H,W], 1 lesion, -1 not lesion, 0 unmarked.
        logits: float32 [H,W], the network's calibrated log-odds of lesion.
        grey: uint8 [H,W], the frame.

    Returns:
        bool [H,W], a new array.

    Raises:
        ValueError: the arrays' shapes differ.
    """
    if not mask.shape == scribbles.shape == logits.shape == grey.shape:
        raise ValueError(
            f"mask {mask.shape}, scribbles {scribbles.shape}, logits {logits.shape} and frame "
            f"{grey.shape} must have one shape"
        )
    result = mask.copy()
    for scribble in contradicting(mask, scribbles, settings):
        inside = scribble.region.slices
        turned = _turned(
            scribble,
            mask[inside],
            scribbles[inside],
            np.ascontiguousarray(logits[inside]),
            np.ascontiguousarray(grey[inside]),
            frame_unit(*mask.shape),
            settings,
        )
        result[inside][turned] = scribble.label > 0
    result[scribbles > 0] = True
    result[scribbles < 0] = False
    return tidy(result, mask, scribbles, settings.least_part)


def _turned(
    scribble: Scribble,
    mask: NDArray[np.bool_],
    scribbles: NDArray[np.int8],
    logits: NDArray[np.float32],
    grey: NDArray[np.uint8],
    unit: float,
    settings: RefineSettings,
) -> NDArray[np.bool_]:
    """The pixels of the scribble's region that change to its label: bool [h,w]."""
    said = np.where(mask, np.float32(SETTLED), np.float32(-SETTLED))
    said[scribble.open] = scribble.label * evidence(scribble, logits, unit, settings)
    probability = (1 / (1 + np.exp(-said))).astype(np.float32)
    if settings.crf.engine != "none":
        parameters = PottsParameters.from_settings(settings.crf, unit)
        probability = engine(settings.crf.engine)(probability, grey, parameters, scribbles)
    lesion = probability >= 0.5
    wanted = lesion if scribble.label > 0 else ~lesion
    turned: NDArray[np.bool_] = scribble.open & wanted
    turned |= scribble.pixels
    # Only the parts connected to the stroke, no separate islands.
    return _connected_to(turned, scribble.pixels)


def tidy(
    result: NDArray[np.bool_],
    before: NDArray[np.bool_],
    scribbles: NDArray[np.int8],
    least_part: float,
) -> NDArray[np.bool_]:
    """Remove small remnants of a change: fragments that it cut off and holes that it enclosed.

    Both are removed if they touch a change, are smaller than `least_part` of the lesion, and have
    no scribble that confirms them. Everything else stays unchanged.
    """
    changed = result != before
    if not changed.any():
        return result
    near = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    smallest = least_part * int(np.count_nonzero(result))
    result = result & ~_small_parts(result, near, scribbles > 0, smallest)
    holes = (filled(result.astype(np.uint8)) > 0) & ~result
    return result | _small_parts(holes, near, scribbles < 0, smallest)


def _small_parts(
    zone: NDArray[np.bool_], near: NDArray[np.bool_], meant: NDArray[np.bool_], smallest: float
) -> NDArray[np.bool_]:
    """The parts of a zone (8-connected) that touch `near`, not `meant`, and are small."""
    count, labels, stats = parts_of(zone.astype(np.uint8))
    drop = np.zeros(count, np.bool_)
    drop[np.unique(labels[near])] = True
    drop[np.unique(labels[meant])] = False
    drop &= stats[:, cv2.CC_STAT_AREA] < smallest
    drop[0] = False
    return cast(NDArray[np.bool_], drop[labels])


def _connected_to(zone: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of a zone (8-connected) that contain a seed."""
    count, labels = cv2.connectedComponents(zone.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, np.bool_)
    keep[np.unique(labels[zone & seeds])] = True
    keep[0] = False
    return cast(NDArray[np.bool_], keep[labels])
