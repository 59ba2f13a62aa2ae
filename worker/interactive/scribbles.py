"""The evidence that a scribble gives about the pixels around it.

Only a scribble that contradicts the mask is evidence: one that agrees only fixes its own pixels.
Its depth in the wrong label indicates the size of the mistake, because people scribble in the
middle of a mistake: a stroke ten pixels beyond the contour marks a mistake of about that size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.interactive.settings import RefineSettings, frame_unit
from worker.pipeline.components import parts_of
from worker.pipeline.frame import Region

DEPTH_PERCENTILE = 80
"""Percentile over the stroke's pixels: its ends may be closer to the contour than its middle."""

MOST_STROKES = 32
"""Maximum strokes of each label per request; additional, smaller ones set only their own pixels."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Scribble:
    """One connected stroke that contradicts the mask.

    Attributes:
        label: 1 lesion, -1 not lesion.
        region: the part of the frame that it can change.
        pixels: bool [h,w] of the region, the stroke.
        lesion: bool [h,w], the mask and the lesion that the stroke adds.
        open: bool [h,w], pixels within reach that now have the other label.
        distance: float32 [h,w], px to the stroke.
        depth: how deep the stroke lies in the other label, px.
        length: its longer side, px.
    """

    label: int
    region: Region
    pixels: NDArray[np.bool_]
    lesion: NDArray[np.bool_]
    open: NDArray[np.bool_]
    distance: Array
    depth: float
    length: float


def contradicting(
    mask: NDArray[np.bool_], scribbles: NDArray[np.int8], settings: RefineSettings
) -> Iterator[Scribble]:
    """Return the strokes that contradict the mask, lesion strokes first, from top to bottom.

    Args:
        mask: bool [H,W], the current lesion.
        scribbles: int8 [H,W], 1 lesion, -1 not lesion, 0 unmarked.
    """
    unit = frame_unit(*mask.shape)
    for label in (1, -1):
        strokes = scribbles == label
        other = mask if label < 0 else ~mask
        if not (strokes & other).any():
            continue
        depth_of = _depths(other, settings.lone_depth * unit)
        deepest = settings.deepest * unit
        if mask.any():
            share = settings.most_added if label > 0 else settings.most_removed
            deepest = min(deepest, share * math.sqrt(np.count_nonzero(mask)))
        count, numbers, stats = parts_of(strokes.astype(np.uint8))
        largest = np.argsort(-stats[1:count, cv2.CC_STAT_AREA], kind="stable")[:MOST_STROKES]
        for number in np.sort(largest + 1).tolist():
            left, top, width, height = (int(v) for v in stats[number][:4])
            box = Region(top, left, height, width)
            stroke = numbers[box.slices] == number
            wrong = stroke & other[box.slices]
            if not wrong.any():
                continue
            depth = float(np.percentile(depth_of[box.slices][wrong], DEPTH_PERCENTILE)) + 0.5
            depth = min(depth, deepest)
            reach = settings.reach * depth + settings.reach_margin * unit
            region = _grown(box, reach, mask.shape)
            pixels = numbers[region.slices] == number
            distance = cast(
                Array, cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, 5)
            )
            within = (distance <= reach) & other[region.slices]
            within &= scribbles[region.slices] != -label
            lesion = mask[region.slices] | pixels if label > 0 else mask[region.slices] & ~pixels
            yield Scribble(
                label, region, pixels, lesion, within, distance, depth, float(max(height, width))
            )


def evidence(
    scribble: Scribble, logits: Array, unit: float, settings: RefineSettings
) -> NDArray[np.float32]:
    """Log-odds that the open pixels should change to the scribble's label: float32 [n].

    Args:
        logits: float32 [h,w] of the scribble's region, the network's calibrated log-odds of lesion.
        unit: px of the frame per px of the network input.
    """
    weights = settings.weights.model_dump()
    order = (*weights,)
    columns = features(scribble, logits, unit, settings)
    total = sum(np.float32(weights[name]) * columns[name] for name in order)
    return cast(NDArray[np.float32], np.asarray(total, dtype=np.float32))


def features(
    scribble: Scribble, logits: Array, unit: float, settings: RefineSettings
) -> dict[str, NDArray[np.float32]]:
    """The features that the weights of `ScribbleWeights` apply to, float32 [n] by the weight's
    name."""
    limit = np.float32(settings.logit_limit)
    limited = np.clip(logits, -limit, limit)
    limited -= _level(limited, scribble.lesion)
    y = np.float32(scribble.label)
    network = y * limited[scribble.open]
    said = y * limited[scribble.pixels].mean(dtype=np.float32)
    relative = scribble.distance[scribble.open] / np.float32(scribble.depth)
    ones = np.ones_like(network)
    return {
        "bias": ones,
        "label": y * ones,
        "network": network,
        "contrast": network - said,
        "distance": -np.log(relative + np.float32(0.2)),
        "length": np.float32(min(scribble.length / scribble.depth, 20.0)) * ones,
        "depth": np.float32(scribble.depth / unit) * ones,
    }


def _level(logits: Array, lesion: NDArray[np.bool_]) -> np.float32:
    """The log-odds halfway between the network's means in the lesion and around it.

    They are near 0 if the network found the lesion. If it missed one that somebody outlined by
    hand, both means are similar, and the first scribble must not remove the whole lesion.
    """
    if lesion.all() or not lesion.any():
        return np.float32(0)
    return np.float32((logits[lesion].mean() + logits[~lesion].mean()) / 2)


def _depths(zone: NDArray[np.bool_], where_endless: float) -> Array:
    """Distance of a zone's pixels to the nearest pixel outside it."""
    if zone.all():
        return np.full(zone.shape, where_endless, np.float32)
    return cast(Array, cv2.distanceTransform(zone.astype(np.uint8), cv2.DIST_L2, 5))


def _grown(box: Region, reach: float, shape: tuple[int, ...]) -> Region:
    pad = int(np.ceil(reach)) + 1
    grown = Region(box.top - pad, box.left - pad, box.height + 2 * pad, box.width + 2 * pad)
    return cast(Region, grown.clipped(shape[0], shape[1]))
