"""New: from a click or a stroke on a lesion without an outline to the lesion's mask.

The prompt network runs twice: on the whole effective area, to find the lesion's size, and on the
neighbourhood of the result, at full resolution. It gets lesions that are already outlined as
strokes of not lesion. If it finds nothing, a click has no answer, and a stroke counts as a scribble
(`refine`): the image alone determines the lesion's extent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.interactive.frames import OUTSIDE
from worker.interactive.prompt_network import PromptNetwork
from worker.interactive.prompts import Prompt, bounds, neighbourhood
from worker.interactive.refine import refine
from worker.interactive.settings import NewSettings, RefineSettings
from worker.pipeline.components import connected_parts
from worker.pipeline.frame import Region, to_grey
from worker.pipeline.morphology import filled

Mask = NDArray[np.bool_]


def outline_new(
    pixels: NDArray[np.uint8],
    scribbles: NDArray[np.int8],
    logits: NDArray[np.float32],
    prompts: PromptNetwork,
    settings: NewSettings,
    scribbled: RefineSettings,
    taken: Mask | None = None,
) -> Mask:
    """Segment the lesion that strokes lie in. The same input gives the same bytes.

    Args:
        pixels: uint8 [H,W] or [H,W,3], the frame.
        scribbles: int8 [H,W], 1 lesion, -1 not lesion, 0 unmarked; a click is a stroke of 1 px.
        logits: float32 [H,W], the segmentation network's calibrated log-odds of lesion.
        prompts: the prompt network.
        scribbled: settings for strokes in which that network finds no lesion.
        taken: bool [H,W], pixels of other lesions; they are left unchanged.

    Returns:
        bool [H,W], areas without holes that each contain a lesion stroke; every stroke's pixels
        have its label. Empty if no lesion stroke is free, or nothing is found around a click.

    Raises:
        ValueError: the arrays' shapes differ.
    """
    shape = (pixels.shape[0], pixels.shape[1])
    if any(
        array.shape != shape for array in (scribbles, logits, scribbles if taken is None else taken)
    ):
        raise ValueError("the arrays must have the shape of the frame")
    free = scribbles >= 0 if taken is None else (scribbles >= 0) & ~taken
    strokes = (scribbles > 0) & free
    if not strokes.any():
        return np.zeros(shape, np.bool_)
    shown = scribbles if taken is None else np.where(taken, np.int8(-1), scribbles)
    limit = settings.logit_limit
    said_of_frame = np.float32(settings.frame) * np.clip(logits, -limit, limit)

    def look(mask: Mask | None, window: Region) -> Mask:
        evidence = prompts.logits(pixels, Prompt(scribbles=shown, mask=mask), window)
        said = np.zeros(shape, np.bool_)
        said[window.slices] = (evidence + said_of_frame[window.slices] >= 0) & free[window.slices]
        return _parts_under(said, strokes) & free

    found = look(None, _effective_area(logits, strokes))
    if np.count_nonzero(found) < settings.least_share * found.size:
        nothing = np.zeros(shape, np.bool_)
        if np.count_nonzero(strokes) == 1:
            return nothing
        return refine(nothing, scribbles, logits, to_grey(pixels), scribbled) & free
    around = bounds(found | strokes)
    again = look(found, neighbourhood(around, settings.padding, shape))
    return (again if again.any() else found) | strokes


def _effective_area(logits: NDArray[np.float32], strokes: Mask) -> Region:
    """The segmentation network's area, or the whole frame if a stroke leaves that area."""
    inside = logits > OUTSIDE
    held = bounds(inside)
    outside = strokes.copy()
    outside[held.slices] = False
    return Region(0, 0, *logits.shape) if outside.any() or not inside.any() else held


def _parts_under(mask: Mask, strokes: Mask) -> Mask:
    """The connected parts of a mask that contain a pixel of a stroke, with holes filled."""
    labels = connected_parts(mask)
    wanted = np.unique(labels[strokes & mask])
    parts: Mask = np.isin(labels, wanted[wanted > 0])
    return filled(parts.astype(np.uint8)) > 0
