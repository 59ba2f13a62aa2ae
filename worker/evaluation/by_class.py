"""Per-pixel accuracy of a version's lesion classes: counts and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.label_sets.records import classes_by_id
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Mask
from app.model_classes.records import mapping_of
from worker.pipeline import Network, Segmentation
from worker.runtime import Runtime
from worker.storage.drawing import Drawing

Pixels = Mapping[str, NDArray[np.bool_]]
"""bool [H,W] of each class, by its name."""
Counts = dict[str, Any]
"""``classes``: for each class by name, and background as "", the number of pixels in both, in the
answer and in the signed mask; ``right`` and ``pixels``: pixels with all classes right, and all
pixels.
"""


def signed_classes(runtime: Runtime, mask: Mask, truth: NDArray[np.bool_]) -> Pixels | None:
    """The signed mask's pixels by class: empty without a lesion, None if a lesion has no class."""
    if not mask.labels or not truth.any():
        return None if truth.any() else {}
    found = Drawing.from_json(mask.labels, *truth.shape).by_class()
    if LESION_CLASS_ID in found:
        return None
    with runtime.database.read() as session:
        names = {kind: row.name for kind, row in classes_by_id(session, found).items()}
    return {names[kind]: pixels for kind, pixels in found.items() if kind in names}


def names_here(runtime: Runtime, project_id: UUID, network: Network) -> dict[str, str]:
    """A project's classes by the model's names, without those left out or unmapped."""
    names = network.card.class_names
    if not names:
        return {}
    with runtime.database.read() as session:
        mapping = mapping_of(session, project_id, network.card.name)
        placed = {name: mapping.of(name) for name in names}
        classes = mapping.words.classes
        return {
            name: classes[place].name
            for name, place in placed.items()
            if isinstance(place, UUID) and place in classes
        }


def counted(signed: Pixels, found: Segmentation, names: Mapping[str, str]) -> Counts:
    """Count the pixels of an image.

    Args:
        signed: pixels of each class.
        found: the version's answer.
        names: the project's names for the version's classes.
    """
    said: dict[str, NDArray[np.bool_]] = {}
    numbers = np.zeros(found.mask.shape, np.uint8) if found.numbers is None else found.numbers
    for lesion in found.lesions:
        name = names.get(lesion.class_name or "")
        if name is not None:
            said[name] = said.get(name, False) | (numbers == lesion.label)
    nothing = np.zeros(found.mask.shape, np.bool_)
    right = np.ones(found.mask.shape, np.bool_)
    counts: dict[str, list[int]] = {}
    for name in sorted({*signed, *said}):
        a, b = said.get(name, nothing), signed.get(name, nothing)
        right &= a == b
        counts[name] = [int(np.count_nonzero(one)) for one in (a & b, a, b)]
    background = [~np.any([nothing, *part.values()], axis=0) for part in (said, signed)]
    both = background[0] & background[1]
    counts[""] = [int(np.count_nonzero(one)) for one in (both, *background)]
    return {"classes": counts, "right": int(np.count_nonzero(right)), "pixels": int(right.size)}


def figures(rows: Iterable[Counts | None]) -> dict[str, Any] | None:
    """IoU of each class, mean IoU with background, and pixel accuracy over all images.

    Returns None if no image has counts.
    """
    total: dict[str, Counter[int]] = {}
    right = pixels = 0
    for row in rows:
        if row is None:
            continue
        right, pixels = right + row["right"], pixels + row["pixels"]
        for name, counts in row["classes"].items():
            total.setdefault(name, Counter()).update(dict(enumerate(counts)))
    if not pixels:
        return None
    ious = {}
    for name, counts in sorted(total.items()):
        union = counts[1] + counts[2] - counts[0]
        if union:
            ious[name] = counts[0] / union
    return {
        "iou": {name: value for name, value in ious.items() if name},
        "background_iou": ious.get("", 1.0),
        "mean_iou": sum(ious.values()) / len(ious),
        "pixel_accuracy": right / pixels,
    }
