"""Our engine: mean field on a bilateral grid, for grey images, on one core.

Only a box around the uncertain region is updated. The surrounding pixels that influence it keep
their labels and enter the grid (:mod:`worker.pipeline.crf.filters`) once.
"""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.crf.blas import one_blas_thread
from worker.pipeline.crf.filters import (
    AppearanceFilter,
    Array,
    SmoothnessFilter,
    padded,
    radius,
    relative,
)
from worker.pipeline.crf.potts import CLIP, PottsParameters, softmax, unary_logits, with_fixed
from worker.pipeline.frame import Region
from worker.pipeline.network import to_probability

UNCERTAIN = 0.02
"""A pixel closer than this to 0 or 1 is decided, even if strong kernels could flip it."""
TURNING = 1.1
"""A message is at most about its kernel's weight; this factor is a margin."""
REACH = 3.0
"""Pixels further away than this many widths have no influence."""

Filters = list[tuple[float, AppearanceFilter | SmoothnessFilter]]
"""The filters of messages from the surroundings, each with its weight."""


def infer(
    probability: NDArray[np.float32],
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> NDArray[np.float32]:
    """A `PottsEngine`. Pixels outside the box of the uncertain region keep their probability."""
    box = active_box(probability, parameters, fixed)
    if box is None:
        return with_fixed(probability, fixed)
    with one_blas_thread():
        updated = _update(probability, grey, parameters, fixed, box)
    result = probability.copy()
    result[box.slices] = updated
    return with_fixed(result, fixed)


def infer_labels(
    probabilities: NDArray[np.float32], grey: NDArray[np.uint8], parameters: PottsParameters
) -> NDArray[np.float32]:
    """A `LabelsEngine`. Pixels outside the box keep their probabilities."""
    box = active_box_of_labels(probabilities, parameters)
    if box is None:
        return probabilities
    with one_blas_thread():
        updated = _update_labels(probabilities, grey, parameters, box)
    result = probabilities.copy()
    result[:, box.slices[0], box.slices[1]] = updated
    return result


def _update(
    probability: Array,
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None,
    box: Region,
) -> Array:
    """Mean field inside the box: probability float32 [h,w]."""
    around = _heard(box, parameters, probability.shape)
    logits = unary_logits(
        np.ascontiguousarray(probability[around.slices]),
        None if fixed is None else fixed[around.slices],
    )
    inner = relative(box, around)
    unary = np.ascontiguousarray(logits[inner.slices])
    # Labels outside the box are fixed and count with their full weight.
    filters = _filters(grey, around, [np.sign(logits)], inner, parameters)
    state = np.tanh(unary * np.float32(0.5))
    total = unary
    for iteration in range(parameters.iterations):
        if iteration:
            state = np.tanh(total * np.float32(0.5))
        total = unary
        for weight, message in filters:
            total = cast(Array, cv2.scaleAdd(message(state), weight, total))
    return to_probability(total, 1.0)


def _update_labels(
    probabilities: Array, grey: NDArray[np.uint8], parameters: PottsParameters, box: Region
) -> Array:
    """Mean field inside the box: probabilities float32 [C,h,w]."""
    around = _heard(box, parameters, probabilities.shape[1:])
    near = np.ascontiguousarray(probabilities[:, around.slices[0], around.slices[1]])
    inner = relative(box, around)
    winner = near.argmax(axis=0)
    fixed = [(winner == label).astype(np.float32) for label in range(len(near))]
    filters = _filters(grey, around, fixed, inner, parameters)
    unary = np.log(np.clip(near[:, inner.slices[0], inner.slices[1]], CLIP, 1, dtype=np.float32))
    total = unary
    for _ in range(parameters.iterations):
        state = softmax(total)
        total = unary.copy()
        for weight, message in filters:
            for label, said in enumerate(state):
                total[label] += np.float32(weight) * message(np.ascontiguousarray(said), label)
    return softmax(total)


def _heard(box: Region, parameters: PottsParameters, shape: tuple[int, ...]) -> Region:
    """The part of the image that influences the pixels of the box."""
    around = padded(box, REACH * parameters.appearance_sigma_xy, shape)
    near = padded(box, radius(parameters.smoothness_sigma_xy), shape)
    return _union(around, near)


def _filters(
    grey: NDArray[np.uint8],
    around: Region,
    fixed: list[Array],
    inner: Region,
    parameters: PottsParameters,
) -> Filters:
    filters: Filters = []
    if parameters.appearance_weight > 0:
        values = np.ascontiguousarray(grey[around.slices])
        appearance = AppearanceFilter(
            values,
            fixed,
            inner,
            parameters.appearance_sigma_xy,
            parameters.appearance_sigma_intensity,
        )
        filters.append((parameters.appearance_weight, appearance))
    if parameters.smoothness_weight > 0:
        smoothness = SmoothnessFilter(fixed, inner, parameters.smoothness_sigma_xy)
        filters.append((parameters.smoothness_weight, smoothness))
    return filters


def active_box(
    probability: NDArray[np.float32],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> Region | None:
    """Return the box whose pixels are updated, or None if every pixel is decided.

    It holds every pixel that the kernels together can flip and that has pixels of another label
    within reach: all others keep their label whatever their surroundings, or are only confirmed by
    them. If the weights are so large that this would be nearly the whole image, it holds the pixels
    that the network is unsure of instead, padded by the width of the kernels.
    """
    margin = max(_turned(parameters), UNCERTAIN)
    unsure = cv2.inRange(probability, margin, 1 - margin)
    lesion = (probability >= 0.5).astype(np.uint8)
    marked = None if fixed is None else (fixed != 0).astype(np.uint8)
    return _box(lesion, cast(NDArray[np.uint8], unsure), parameters, marked)


def active_box_of_labels(
    probabilities: NDArray[np.float32], parameters: PottsParameters
) -> Region | None:
    """`active_box` for float32 [C,H,W]: a pixel is unsure if no label is nearly certain."""
    margin = max(_turned(parameters), UNCERTAIN)
    unsure = (probabilities.max(axis=0) <= 1 - margin).astype(np.uint8) * np.uint8(255)
    return _box(probabilities.argmax(axis=0).astype(np.uint8), unsure, parameters, None)


def _turned(parameters: PottsParameters) -> float:
    """The lowest probability from which the kernels together can make a label the likeliest."""
    strongest = TURNING * (parameters.appearance_weight + parameters.smoothness_weight)
    return 1 / (1 + math.exp(strongest))


def _box(
    labels: NDArray[np.uint8],
    unsure: NDArray[np.uint8],
    parameters: PottsParameters,
    marked: NDArray[np.uint8] | None,
) -> Region | None:
    height, width = labels.shape
    edge = cv2.morphologyEx(labels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edge = np.minimum(edge, 1, dtype=np.uint8)
    widest = max(parameters.appearance_sigma_xy, parameters.smoothness_sigma_xy)
    contested = cv2.dilate(edge, _square(REACH * widest)) * np.uint8(255)
    seeds = np.bitwise_or(np.bitwise_and(unsure, contested), edge)
    if marked is not None:
        seeds = np.bitwise_or(seeds, marked)
    left, top, box_width, box_height = cv2.boundingRect(seeds)
    if box_width == 0:
        return None
    pad = 1.0
    if _turned(parameters) < UNCERTAIN or marked is not None:
        pad = max(parameters.appearance_sigma_xy, REACH * parameters.smoothness_sigma_xy)
    return padded(Region(top, left, box_height, box_width), pad, (height, width))


def _square(reach: float) -> NDArray[np.uint8]:
    side = 2 * int(np.ceil(reach)) + 1
    return np.ones((side, side), dtype=np.uint8)


def _union(one: Region, other: Region) -> Region:
    top, left = min(one.top, other.top), min(one.left, other.left)
    bottom = max(one.top + one.height, other.top + other.height)
    right = max(one.left + one.width, other.left + other.width)
    return Region(top, left, bottom - top, right - left)
