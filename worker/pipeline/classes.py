"""Networks that distinguish classes of lesions: from their logits to lesions by class.

The first channel of such a graph is background, followed by one channel for each class of the card.
The softmax of the logits l is split into two steps, so that it can be calibrated like a network of
one class, by the temperature T of lesion against background:

    P(lesion) = sigmoid((log sum_{c > 0} exp l_c - l_0) / T)
    P(c | lesion) = softmax(l_1, …, l_C)

A pixel is lesion if P(lesion) is at least the threshold; it then gets the likeliest class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import MOST_NUMBERS, connected_parts
from worker.pipeline.crf import PottsParameters, labels_engine, softmax
from worker.pipeline.frame import Lengths, Spacing
from worker.pipeline.lesions import Lesion, find_lesions
from worker.pipeline.morphology import clean
from worker.pipeline.settings import CrfSettings, MorphologySettings

LEAST = 1e-7
"""Probabilities are clipped to at least this before their logarithm is taken."""

ClassMap = NDArray[np.uint8]
"""uint8 [H,W]: 0 is background; classes are numbered from 1 in the card's order."""


def lesion_logit(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logit of any lesion against background, float32 [H,W], from logits float32 [C,H,W]."""
    highest = logits[1:].max(axis=0)
    summed = np.exp(logits[1:] - highest).sum(axis=0)
    return cast(NDArray[np.float32], highest + np.log(summed) - logits[0])


def class_probabilities(
    lesion: NDArray[np.float32], logits: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the probabilities of background and of each class.

    Args:
        lesion: float32 [H,W], calibrated probability of any lesion.
        logits: float32 [C,H,W] from the network.

    Returns:
        float32 [C,H,W]; they sum to 1 at each pixel.
    """
    found = np.empty_like(logits)
    found[0] = 1 - lesion
    found[1:] = softmax(logits[1:]) * lesion
    return found


def refined(
    probabilities: NDArray[np.float32], grey: NDArray[np.uint8], settings: CrfSettings
) -> NDArray[np.float32]:
    """Apply the CRF of the settings: float32 [C,H,W]; unchanged if the engine is "none"."""
    if settings.engine == "none":
        return probabilities
    return labels_engine(settings.engine)(
        probabilities, grey, PottsParameters.from_settings(settings)
    )


def enlarged(probabilities: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Resize probabilities float32 [C,h,w] by interpolating their logarithms."""
    logs = np.log(np.maximum(probabilities, np.float32(LEAST)))
    if logs.shape[1:] != (height, width):
        logs = np.stack(
            [cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR) for one in logs]
        )
    return softmax(logs)


def likeliest(probabilities: NDArray[np.float32], threshold: float) -> ClassMap:
    """Return the likeliest class of each pixel from probabilities float32 [C,H,W]."""
    found: ClassMap = probabilities[1:].argmax(axis=0).astype(np.uint8) + np.uint8(1)
    found[1 - probabilities[0] < np.float32(threshold)] = 0
    return found


def cleaned(
    classes: ClassMap,
    settings: MorphologySettings,
    px_per_unit: float = 1.0,
    pixel_area_mm2: float | None = None,
) -> ClassMap:
    """Clean each class by itself, as `morphology.clean` does; holes are filled only where free."""
    found = np.zeros_like(classes)
    grown = []
    for number in _present(classes):
        own = classes == number
        kept = clean(own, settings, px_per_unit, pixel_area_mm2)
        found[kept & own] = number
        grown.append((number, kept & ~own))
    for number, added in grown:
        found[added & (found == 0)] = number
    return found


def find_classed_lesions(
    classes: ClassMap,
    probabilities: NDArray[np.float32],
    names: Sequence[str],
    lengths: Lengths | Spacing | None = None,
    origin: tuple[int, int] = (0, 0),
) -> tuple[tuple[Lesion, ...], NDArray[np.uint8]]:
    """Return the lesions of all classes, largest first, and the pixels of each.

    Args:
        classes: of each pixel.
        probabilities: float32 [C,H,W] of the same size.
        names: of the classes, in order, without background.
        lengths: as `find_lesions`.
        origin: (row, column) of the first pixel in the frame.

    Returns:
        The lesions, at most 254, and uint8 [H,W] with their numbers.
    """
    found: list[Lesion] = []
    for number in _present(classes):
        lesions = find_lesions(classes == number, probabilities[number], lengths, origin)
        found += (replace(one, class_name=names[number - 1]) for one in lesions)
    found.sort(key=lambda one: (-one.area_px, one.box))
    found = [replace(one, label=label) for label, one in enumerate(found[:MOST_NUMBERS], 1)]
    numbers = np.zeros(classes.shape, np.uint8)
    parts = {names[number - 1]: connected_parts(classes == number) for number in _present(classes)}
    for lesion in found:
        part = parts[lesion.class_name or ""]
        column, row = lesion.contour[0] - np.array([origin[1], origin[0]])
        numbers[part == part[row, column]] = lesion.label
    return tuple(found), numbers


def confidence(
    classes: ClassMap, probabilities: NDArray[np.float32], lesion: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Probability of each pixel's own class if it has one, else of any lesion: float32 [H,W]."""
    own = np.take_along_axis(probabilities, classes[None].astype(np.intp), axis=0)[0]
    return np.where(classes > 0, np.minimum(own, lesion), lesion)


def _present(classes: ClassMap) -> list[int]:
    return [int(number) for number in np.flatnonzero(np.bincount(classes.ravel())) if number]
