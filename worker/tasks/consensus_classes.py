"""Consensus of drawings with classes: each class is decided separately."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.components import parts_of
from worker.storage.drawing import Drawing

Pixels = NDArray[np.bool_]
MAX_LABEL = 254


def agreed(
    drawings: Sequence[Drawing], decide: Callable[[UUID, NDArray[np.bool_]], Pixels]
) -> Drawing:
    """Combine several readers' drawings into one.

    Each class is decided from what each reader painted in it. If a pixel ends up in two classes
    that may not overlap, it gets the one that more readers gave it. Lesions are the connected parts
    of a class; attributes of the image or of its lesions are kept if all readers agree.

    Args:
        drawings: the readers' drawings, at least two.
        decide: returns bool [H,W] for a class and what the readers painted, bool [readers,H,W].
    """
    by_reader = [drawing.by_class() for drawing in drawings]
    overlapping = {kind for drawing in drawings for kind in drawing.overlays}
    shape = drawings[0].labels.shape
    nothing = np.zeros(shape, bool)
    layers: dict[UUID, Pixels] = {}
    common: dict[UUID, Pixels] = {}
    most = np.zeros(shape, np.float32)
    winner = np.full(shape, -1, np.int32)
    kinds = sorted({kind for found in by_reader for kind in found})
    for place, kind in enumerate(kinds):
        painted = np.stack([found.get(kind, nothing) for found in by_reader])
        mask = decide(kind, painted)
        if kind in overlapping:
            layers[kind] = mask
            continue
        votes = np.where(mask, painted.mean(axis=0, dtype=np.float32), 0)
        better = mask & (votes > most)
        most[better], winner[better] = votes[better], place
        common[kind] = mask
    for kind in common:
        common[kind] = winner == kinds.index(kind)
    return _numbered(drawings, common, layers)


def _numbered(
    drawings: Sequence[Drawing], common: Mapping[UUID, Pixels], layers: Mapping[UUID, Pixels]
) -> Drawing:
    shape = drawings[0].labels.shape
    labels, overlays = np.zeros(shape, np.uint8), {}
    classes: dict[int, UUID] = {}
    for kind, mask in [*common.items(), *layers.items()]:
        canvas = labels if kind in common else np.zeros(shape, np.uint8)
        for part in _parts(mask):
            number = min(len(classes) + 1, MAX_LABEL)
            if classes.get(number, kind) != kind:
                break  # a 255th lesion of another class: no number is left for specks
            canvas[part] = number
            classes[number] = kind
        if kind not in common:
            overlays[kind] = canvas
    made = Drawing(labels, overlays, classes)
    return Drawing(
        labels=labels,
        overlays=overlays,
        classes=classes,
        attributes={
            number: said
            for number in made.numbers
            if (said := _said_of(drawings, made.lesion(number), classes[number]))
        },
        image_attributes=_alike([drawing.image_attributes for drawing in drawings]),
    )


def _parts(mask: Pixels) -> list[Pixels]:
    """8-connected parts, largest first."""
    count, found, stats = parts_of(mask.astype(np.uint8))
    order = sorted(range(1, count), key=lambda part: (-int(stats[part][cv2.CC_STAT_AREA]), part))
    return [found == part for part in order]


def _said_of(drawings: Sequence[Drawing], lesion: Pixels, kind: UUID) -> dict[str, Any]:
    """Attributes on which all readers agree for their lesion that covers most of this one."""
    said = []
    for drawing in drawings:
        counts = {
            number: int(np.count_nonzero(drawing.lesion(number) & lesion))
            for number in drawing.numbers
            if drawing.class_of(number) == kind
        }
        best = max(counts, key=lambda number: counts[number], default=None)
        if best is not None and counts[best]:
            said.append(drawing.attributes.get(best, {}))
    return _alike(said)


def _alike(said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not said:
        return {}
    first, *others = said
    return {
        key: value for key, value in first.items() if all(one.get(key) == value for one in others)
    }
